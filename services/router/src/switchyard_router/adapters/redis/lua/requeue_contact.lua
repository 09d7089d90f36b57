-- Args: contact, expected version ('' any), queue ('' the same), plan of its own ('' the queue's), excluded agents as
-- JSON ('' none more), 1 to keep its age, reason.
-- From the line, from an offer, from an agent: it waits again, at step 0. An agent who has it is free at once.
local c = contact(A[1])
if not c then return {'CONTACT_UNKNOWN'} end
if terminal(c) then return {'CONTACT_GONE'} end
if c.f.state == 'WRAP_UP' then return {'WRONG_STATE', c.f.state} end
if A[2] ~= '' and A[2] ~= c.f.version then return {'ETAG_MISMATCH'} end
local queue, reason = A[3] ~= '' and A[3] or c.f.queue, A[7]
local max_wait = redis.call('HGET', P .. 'queue:' .. queue, 'max_wait_ms')
if not max_wait then return {'QUEUE_UNKNOWN'} end
if A[4] ~= '' and redis.call('EXISTS', P .. 'plan:' .. A[4]) == 0 then return {'PLAN_UNKNOWN'} end

local state = c.f.state
if state == 'CONNECTED' or state == 'ON_HOLD' then
  disarm('handle:' .. c.id)
  set(c, 'talk_ms', num(c, 'talk_ms') + now - num(c, 'connected_ms'))
  end_consult(c)
end
if state ~= 'QUEUED' then
  disarm('connect:' .. c.id)
  end_offer(c, 'RESCINDED', reason)
  free_agent(c, reason)
  set(c, 'agent', '')
end
change_queue(c, queue, A[4])
if A[5] ~= '' then
  local excluded, known = listed(c.f.excluded) or {}, {}
  for _, id in ipairs(excluded) do known[id] = true end
  for _, id in ipairs(cjson.decode(A[5])) do
    if not known[id] then excluded[#excluded + 1] = id end
    known[id] = true
  end
  set(c, 'excluded', cjson.encode(excluded))
end
if A[6] ~= '1' then
  set(c, 'base_ms', now)
  set(c, 'enqueue_ms', now)
end
set(c, 'visited', '')
set(c, 'expire_ms', math.max(now, num(c, 'hold_ms')) + tonumber(max_wait))
enter_step(c, 0, first_delta(c))
if state == 'QUEUED' then
  set(c, 'reason', reason)
  stays(c, 'contact.requeued')
else
  enter(c, 'QUEUED', reason)
end
line_up(c)
arm('expiry:' .. c.id, num(c, 'expire_ms'))
save(c)
remember(c.id)
return {'OK', flat_contact(c.id)}
