-- Args: JSON {version or turn: what must still hold; fields: values to set; says: messages;
-- changed: what watchers see of the change, or nothing}.
local change = cjson.decode(ARGV[5])
local stored = get('version', 'turn', 'state')
if not stored[1] then return {'UNKNOWN'} end
if change.turn then
  if stored[2] ~= change.turn then return {'OVERTAKEN'} end
elseif stored[1] ~= change.version then
  return {'CONFLICT'}
end

for _, message in ipairs(change.says) do say(message) end
local position
if change.changed then
  local entry = {'kind', 'changed'}
  for name, value in pairs(change.changed) do
    entry[#entry + 1] = name
    entry[#entry + 1] = value
  end
  position = redis.call('XADD', LOG, '*', unpack(entry))
end

local any = false
for name, value in pairs(change.fields) do
  redis.call('HSET', CONVERSATION, name, value)
  any = true
end
if any then redis.call('HINCRBY', CONVERSATION, 'version', 1) end

local state = change.fields.state
if state then
  -- Turns belong to one stretch with the bot; coming back, its first turn is to wake.
  redis.call('DEL', TURNS)
  redis.call('HDEL', CONVERSATION, 'turn', 'turn_until', 'wait')
  if state == 'WITH_BOT' then redis.call('RPUSH', TURNS, position) end
elseif change.turn then
  redis.call('LPOP', TURNS)
  redis.call('HDEL', CONVERSATION, 'turn', 'turn_until')
end
done()
return {'OK', snapshot(), redis.call('LLEN', TURNS)}
