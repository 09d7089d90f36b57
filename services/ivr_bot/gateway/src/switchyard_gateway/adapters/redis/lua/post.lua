-- Args: the message as JSON, ms per message of the rate limit (0: none), its burst.
local message = cjson.decode(A[1])
local interval, burst = tonumber(A[2]), tonumber(A[3])
local stored = get('state', 'handover', 'due_ms', 'secrecy')
local state = stored[1]
if not state then return {'UNKNOWN'} end
local repeated = redis.call('HGET', KNOWN, known_name(message.role, message.message_id))
if repeated then return {'REPEATED', entry_at(repeated)} end
if state == 'CLOSED' then return {'WRONG_STATE', state} end
if message.role == 'AGENT' then
  if state ~= 'WITH_AGENT' then return {'WRONG_STATE', state} end
  if cjson.decode(stored[2]).agent ~= message.agent then return {'NOT_THE_AGENT'} end
end
if interval > 0 then
  -- Generic cell rate algorithm: `due` is when the bucket will be empty again.
  local due = math.max(now, tonumber(stored[3]) or 0) + interval
  local ahead = due - now - interval * burst
  if ahead > 0 then return {'RATE_LIMITED', whole(ahead)} end
  redis.call('HSET', CONVERSATION, 'due_ms', whole(due))
end

local number
if message.role == 'CUSTOMER' then
  number = redis.call('HINCRBY', CONVERSATION, 'said', 1)
  redis.call('HSET', CONVERSATION, 'active_ms', whole(now), 'reminders', '0')
  redis.call('HSETNX', CONVERSATION, 'first_ms', whole(now))
end
local position = say(message, number, stored[4] or '', state == 'WITH_BOT')
if number and state == 'WITH_BOT' then redis.call('RPUSH', TURNS, position) end
done()
return {'OK', entry_at(position), state}
