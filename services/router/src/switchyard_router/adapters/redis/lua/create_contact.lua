-- Args: age credit ms, hold ms, how long the preferred agent is waited for in ms, address outside ('': it waits here),
-- why it is refused ('': it is not), before when a callback is not offered in ms (0: at once), then field, value, ... of the hash; id, external, queue and node among them.
local given = {}
for i = 7, #A, 2 do given[A[i]] = A[i + 1] end
local limits = redis.call('HMGET', P .. 'queue:' .. given.queue, 'max_size', 'max_wait_ms')
if not limits[2] then return {'QUEUE_UNKNOWN'} end
if given.plan ~= '' and redis.call('EXISTS', P .. 'plan:' .. given.plan) == 0 then return {'PLAN_UNKNOWN'} end
local live = redis.call('GET', P .. 'external:' .. given.external)
if live then
  remember(live)
  return {'EXISTS', flat_contact(live)}
end
if A[5] ~= '' then return {A[5]} end
local most = tonumber(limits[1])
if A[4] == '' and most > 0 and redis.call('ZCARD', P .. 'waiting:' .. given.queue) >= most then
  return {'QUEUE_FULL'}
end
if given.preferred ~= '' then given.preferred_ms = now + tonumber(A[3]) end
local hold_ms = math.max(tonumber(A[2]), tonumber(A[6]) - now)
local c = queue_up(given.id, given, tonumber(A[1]), hold_ms, 'CREATED')
if tonumber(A[6]) > now then -- as long after its time as others wait from now
  set(c, 'expire_ms', tonumber(A[6]) + tonumber(limits[2]))
  arm('expiry:' .. c.id, num(c, 'expire_ms'))
  save(c)
end
if A[4] ~= '' then
  set(c, 'sent_to', A[4])
  withdraw(c, 'CANCELLED', 'OVERFLOW_EXTERNAL')
end
remember(given.id)
return {'OK', flat_contact(given.id)}
