-- Args: contact, expected version ('' any), mode (BLIND, CONSULT, CONFERENCE), id of the new contact, queue, agent who
-- alone may have it ('' anybody), address outside ('' none).
-- BLIND: the agent does the paperwork, and a new contact with the customer's line waits for the next one; or the line
-- goes outside; or to the colleague of the consultation, whose contact takes the line over.
-- CONSULT, CONFERENCE: a related contact without the customer's line waits for the colleague.
local c = contact(A[1])
if not c then return {'CONTACT_UNKNOWN'} end
if terminal(c) then return {'CONTACT_GONE'} end
if A[2] ~= '' and A[2] ~= c.f.version then return {'ETAG_MISMATCH'} end
if not conversing(c) then return {'WRONG_STATE', c.f.state} end
local mode, id, queue, only, outside = A[3], A[4], A[5], A[6], A[7]
local limits = redis.call('HMGET', P .. 'queue:' .. queue, 'max_size', 'max_wait_ms')
if outside == '' and not limits[2] then return {'QUEUE_UNKNOWN'} end
local consulted = c.f.consult ~= '' and contact(c.f.consult)
if consulted and not conversing(consulted) then consulted = nil end
local takes_over = mode == 'BLIND' and consulted and only ~= '' and only == consulted.f.agent
local most = tonumber(limits[1] or '0')
if outside == '' and not takes_over and most > 0 and redis.call('ZCARD', P .. 'waiting:' .. queue) >= most then
  return {'QUEUE_FULL'}
end
if mode ~= 'BLIND' and c.f.consult ~= '' then
  local other = contact(c.f.consult)
  if other and not terminal(other) then return {'CONSULT_OPEN'} end
end

-- What the next one has of this one.
local function continue_as(given)
  for _, name in ipairs({'channel', 'language', 'customer', 'customer_key', 'node', 'priority', 'initial', 'needs'}) do
    given[name] = given[name] or c.f[name]
  end
  local shown = redis.call('HMGET', P .. 'contact:' .. c.id, 'detail', 'context', 'number')
  given.detail, given.context = shown[1] or '', shown[2] or ''
  given.queue, given.plan, given.parent = queue, '', c.id
  -- Whoever names a colleague has chosen already: skills are not asked for.
  if only ~= '' then
    given.needs, given.preferred, given.preferred_ms = '[]', only, now + tonumber(limits[2])
  end
  return queue_up(id, given, 0, 0, 'TRANSFERRED')
end

local continues = c.id
if mode ~= 'BLIND' then
  local related = continue_as({external = c.f.external .. '/' .. id, related = c.id, previous = ''})
  set(c, 'consult', related.id)
  if mode == 'CONSULT' and c.f.state == 'CONNECTED' then enter(c, 'ON_HOLD', 'CONSULTING') end
  save(c)
  continues = id
elseif outside ~= '' then
  set(c, 'sent_to', outside)
  hang_up(c, 'TRANSFERRED', false)
elseif takes_over then
  redis.call('DEL', P .. 'external:' .. consulted.f.external)
  set(consulted, 'external', c.f.external)
  set(consulted, 'previous', c.id)
  redis.call('SET', P .. 'external:' .. c.f.external, consulted.id)
  stays(consulted, 'contact.updated')
  save(consulted)
  hang_up(c, 'TRANSFERRED', false)
  continues = consulted.id
else
  continue_as({external = c.f.external, previous = c.id, related = ''})
  hang_up(c, 'TRANSFERRED', false)
  continues = id
end
remember(continues)
return {'OK', flat_contact(continues)}
