-- Args: offer, fence, epoch (0: no session). One compare-and-set on pending, fence and epoch.
local o = fields(redis.call('HGETALL', P .. 'offer:' .. A[1]))
if not o.state then return {'OFFER_UNKNOWN'} end
if o.fence ~= A[2] then return {'STALE_FENCE'} end
local a = agent(o.agent)
if A[3] ~= '0' and a and a.f.epoch ~= A[3] then return {'SESSION_SUPERSEDED'} end
local c = contact(o.contact)
if o.state == 'ACCEPTED' and c and c.f.offer == A[1] and not terminal(c) then
  remember(A[1])
  return {'OK', flat_contact(o.contact)}
end
if not c or terminal(c) then return {'CONTACT_GONE'} end
if o.state == 'TIMED_OUT' or (o.state == 'PENDING' and tonumber(o.expire_ms) <= now) then return {'OFFER_EXPIRED'} end
if o.state == 'RESCINDED' then return {'OFFER_RESCINDED'} end
if o.state ~= 'PENDING' then return {'OFFER_TAKEN'} end
accept_offer(c)
remember(A[1])
return {'OK', flat_contact(c.id)}
