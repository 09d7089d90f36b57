-- Args: the message as JSON, ms per message of the rate limit (0: none), its burst.
local message = cjson.decode(ARGV[5])
local interval, burst = tonumber(ARGV[6]), tonumber(ARGV[7])
local stored = get('state', 'handover', 'due_ms')
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

local position = say(message)
if message.role == 'CUSTOMER' and state == 'WITH_BOT' then redis.call('RPUSH', TURNS, position) end
done()
return {'OK', entry_at(position)}
