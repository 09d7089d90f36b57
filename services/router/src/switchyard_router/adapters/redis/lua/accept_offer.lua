-- Args: offer, fence, epoch (0: no session). One compare-and-set on pending, fence and epoch.
local o = fields(redis.call('HGETALL', P .. 'offer:' .. A[1]))
if not o.state then return {'OFFER_UNKNOWN'} end
if o.fence ~= A[2] then return {'STALE_FENCE'} end
local a = agent(o.agent)
local other = a and not_in_session(a, A[3])
if other then return {other} end
local c = contact(o.contact)
if o.state == 'ACCEPTED' and c and c.f.offer == A[1] and not terminal(c) then
  remember(A[1])
  return {'OK'}
end
if not c or terminal(c) then return {'CONTACT_GONE'} end
if o.state == 'TIMED_OUT' or (o.state == 'PENDING' and tonumber(o.expire_ms) <= now) then return {'OFFER_EXPIRED'} end
if o.state == 'RESCINDED' then return {'OFFER_RESCINDED'} end
if o.state ~= 'PENDING' then return {'OFFER_TAKEN'} end
accept_offer(c, a)
remember(A[1])
return {'OK'}
