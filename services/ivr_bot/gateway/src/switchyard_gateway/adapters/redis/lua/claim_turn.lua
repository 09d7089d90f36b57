-- Args: id of the new turn, its lease in ms.
local stored = get('state', 'turn', 'turn_until')
if stored[1] ~= 'WITH_BOT' then return {'NONE'} end
local left = (tonumber(stored[3]) or 0) - now
if stored[2] and left > 0 then return {'BUSY', whole(left)} end
local position = redis.call('LINDEX', TURNS, 0)
while position do
  local entry = entry_at(position)
  if entry then
    redis.call('HSET', CONVERSATION, 'turn', ARGV[5], 'turn_until', whole(now + tonumber(ARGV[6])))
    return {'TURN', entry, snapshot()}
  end
  redis.call('LPOP', TURNS) -- dropped from a log that is full
  position = redis.call('LINDEX', TURNS, 0)
end
redis.call('HDEL', CONVERSATION, 'turn', 'turn_until')
return {'NONE'}
