-- Args: node, kind, lease ms, grace ms, then the contacts the node holds.
-- Contacts of the node that it did not name are over, unless so young that the hello may have crossed their creation.
local key = P .. 'node:' .. A[1]
local epoch = digits(rising(tonumber(redis.call('HGET', key, 'epoch') or '0')))
redis.call('HSET', key, 'epoch', epoch, 'kind', A[2], 'lease_ms', digits(now + tonumber(A[3])))
arm('node:' .. A[1], now + tonumber(A[3]))
local named, unknown, missing = {}, {}, {}
for i = 5, #A do
  named[A[i]] = true
  local state = redis.call('HGET', P .. 'contact:' .. A[i], 'state')
  if not state or TRANSITIONS[state] == '' then unknown[#unknown + 1] = A[i] end
end
for _, id in ipairs(redis.call('SMEMBERS', P .. 'node_contacts:' .. A[1])) do
  local c = contact(id)
  if c and not named[id] and c.f.state ~= 'WRAP_UP' and not off_line(c) and num(c, 'create_ms') < now - tonumber(A[4]) then
    missing[#missing + 1] = id
    end_contact(c, false, 'NODE_FORGOT_CONTACT')
  end
end
return {'OK', epoch, unknown, missing}
