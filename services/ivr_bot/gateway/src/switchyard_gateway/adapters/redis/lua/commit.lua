-- Args: JSON {version or turn, and said: what must still hold; fields: values to set; says: messages;
-- changed: what watchers see of the change, or nothing; occasions: what the bot is to react to, each as JSON;
-- events: what is reported}.
local change = cjson.decode(A[1])
local stored = get('version', 'turn', 'said')
if not stored[1] then return {'UNKNOWN'} end
if change.turn then
  if stored[2] ~= change.turn then return {'OVERTAKEN'} end
elseif stored[1] ~= change.version then
  return {'CONFLICT'}
end
if change.said and (stored[3] or '0') ~= change.said then return {'CONFLICT'} end

for _, message in ipairs(change.says) do say(message, nil, '', true) end
if change.changed then
  local entry = {'kind', 'changed'}
  for name, value in pairs(change.changed) do
    entry[#entry + 1] = name
    entry[#entry + 1] = value
  end
  redis.call('XADD', LOG, '*', unpack(entry))
end

local any = false
for name, value in pairs(change.fields) do
  redis.call('HSET', CONVERSATION, name, value)
  any = true
end
if any then redis.call('HINCRBY', CONVERSATION, 'version', 1) end

local state = change.fields.state
if state then
  -- Turns belong to one stretch with the bot; coming back, it is told so first, by an occasion.
  for _, turn in ipairs(redis.call('LRANGE', TURNS, 0, -1)) do redis.call('HDEL', HUSHED, turn) end
  redis.call('DEL', TURNS)
  redis.call('HDEL', CONVERSATION, 'turn', 'turn_until', 'wait')
  if state == 'WITH_BOT' then redis.call('HSET', CONVERSATION, 'active_ms', whole(now), 'reminders', '0') end
elseif change.turn then
  local answered = redis.call('LPOP', TURNS)
  if answered then redis.call('HDEL', HUSHED, answered) end
  redis.call('HDEL', CONVERSATION, 'turn', 'turn_until')
end
for _, occasion in ipairs(change.occasions) do redis.call('RPUSH', TURNS, occasion) end
for _, event in ipairs(change.events) do emit(event) end
if state == 'CLOSED' then redis.call('DEL', HUSHED) end
done(state == 'CLOSED')
return {'OK', snapshot(), redis.call('LLEN', TURNS)}
