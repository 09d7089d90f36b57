-- Args: id of the new turn, its lease in ms. A turn is the position of a message, or an occasion as JSON.
local stored = get('state', 'turn', 'turn_until')
if stored[1] ~= 'WITH_BOT' then return {'NONE'} end
local left = (tonumber(stored[3]) or 0) - now
if stored[2] and left > 0 then return {'BUSY', whole(left)} end
local function take(kind, what)
  redis.call('HSET', CONVERSATION, 'turn', A[1], 'turn_until', whole(now + A[2]))
  return {kind, what, snapshot()}
end
local first = redis.call('LINDEX', TURNS, 0)
while first do
  if string.sub(first, 1, 1) == '{' then return take('OCCASION', first) end
  local entry = whole_entry(first)
  if entry then return take('TURN', entry) end
  redis.call('LPOP', TURNS) -- dropped from a log that is full
  first = redis.call('LINDEX', TURNS, 0)
end
redis.call('HDEL', CONVERSATION, 'turn', 'turn_until')
return {'NONE'}
