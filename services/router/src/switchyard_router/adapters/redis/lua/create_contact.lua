-- Args: id, external id, queue, node, age credit ms, hold ms, then field, value, ... of the hash.
local id, external, queue, node = A[1], A[2], A[3], A[4]
local limits = redis.call('HMGET', P .. 'queue:' .. queue, 'max_size', 'max_wait_ms', 'credit_ms')
if not limits[2] then return {'QUEUE_UNKNOWN'} end
local live = redis.call('GET', P .. 'external:' .. external)
if live then
  remember(live)
  return {'EXISTS', flat_contact(live)}
end
local most = tonumber(limits[1])
if most > 0 and redis.call('ZCARD', P .. 'waiting:' .. queue) >= most then return {'QUEUE_FULL'} end

local c = {id = id, f = {state = ''}, dirty = {}}
for i = 7, #A, 2 do set(c, A[i], A[i + 1]) end
for _, name in ipairs({'agent', 'offer', 'reason', 'disposition', 'customer_key'}) do set(c, name, c.f[name] or '') end
for name, value in pairs({fence = 0, version = 0, talk_ms = 0, create_ms = now, enqueue_ms = now, state_ms = now}) do
  set(c, name, value)
end
set(c, 'id', id)
set(c, 'external', external)
set(c, 'queue', queue)
set(c, 'node', node)
set(c, 'spared', '{}')
set(c, 'misses', '{}')
set(c, 'order_ms', now - tonumber(A[5]) - num(c, 'priority') * tonumber(limits[3]))
set(c, 'hold_ms', now + tonumber(A[6]))
set(c, 'expire_ms', now + tonumber(limits[2]))
enter(c, 'QUEUED', 'CREATED')
save(c)
redis.call('SET', P .. 'external:' .. external, id)
redis.call('ZADD', P .. 'waiting:' .. queue, c.f.order_ms, id)
redis.call('ZADD', P .. 'live', string.format('%.0f', now), id)
if node ~= '' then redis.call('SADD', P .. 'node_contacts:' .. node, id) end
arm('expiry:' .. id, num(c, 'expire_ms'))
count(queue, 'offered', 1)
redis.call('HSETNX', P .. 'stats:' .. queue, 'since_ms', string.format('%.0f', now))
remember(id)
return {'OK', flat_contact(id)}
