-- Args: contact, step it is in, step it enters, priority delta of that, other queue ('': stays), plan of its own there,
-- agent who alone may have it ('': anybody), address outside ('': stays here), reason.
-- One compare-and-set on QUEUED and the step. A queue it was in already is no way on: plans cannot send it in circles.
local c = contact(A[1])
if not c or terminal(c) then return {'CONTACT_OVER'} end
if c.f.state ~= 'QUEUED' then return {'CONTACT_TAKEN'} end
if num(c, 'step') ~= tonumber(A[2]) then return {'CONTACT_MOVED'} end
local queue, plan, only, outside, reason = A[5], A[6], A[7], A[8], A[9]

if outside ~= '' then
  set(c, 'sent_to', outside)
  withdraw(c, 'CANCELLED', 'OVERFLOW_EXTERNAL')
  return {'OK'}
end
if queue ~= '' and queue ~= c.f.queue then
  local visited = listed(c.f.visited) or {}
  for _, before in ipairs(visited) do
    if before == queue then return {'TARGET_VISITED'} end
  end
  local limits = redis.call('HMGET', P .. 'queue:' .. queue, 'max_size', 'max_wait_ms')
  if not limits[2] then return {'TARGET_UNKNOWN'} end
  local most = tonumber(limits[1])
  if most > 0 and redis.call('ZCARD', P .. 'waiting:' .. queue) >= most then return {'TARGET_FULL'} end
  visited[#visited + 1] = c.f.queue
  set(c, 'visited', cjson.encode(visited))
  set(c, 'expire_ms', now + tonumber(limits[2]))
  arm('expiry:' .. c.id, num(c, 'expire_ms'))
  change_queue(c, queue, plan)
end
if only ~= '' then
  set(c, 'preferred', only)
  set(c, 'preferred_ms', num(c, 'expire_ms'))
end
enter_step(c, tonumber(A[3]), tonumber(A[4]))
set(c, 'reason', reason)
line_up(c)
stays(c, 'contact.moved')
save(c)
return {'OK'}
