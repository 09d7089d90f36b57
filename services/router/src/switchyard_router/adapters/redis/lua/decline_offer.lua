-- Args: offer, fence, epoch (0: no session), reason.
local o = fields(redis.call('HGETALL', P .. 'offer:' .. A[1]))
if not o.state then return {'OFFER_UNKNOWN'} end
if o.fence ~= A[2] then return {'STALE_FENCE'} end
local a = agent(o.agent)
local other = a and not_in_session(a, A[3])
if other then return {other} end
if o.state == 'TIMED_OUT' then return {'OFFER_EXPIRED'} end
if o.state == 'RESCINDED' then return {'OFFER_RESCINDED'} end
if o.state == 'ACCEPTED' then return {'OFFER_TAKEN'} end
if o.state ~= 'PENDING' then return {'WRONG_STATE'} end
miss_offer(contact(o.contact), 'DECLINED', A[4], false)
remember(A[1])
return {'OK'}
