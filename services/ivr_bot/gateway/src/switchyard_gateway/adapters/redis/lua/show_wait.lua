-- Args: the estimate as stored, what to tell watchers. Only who still waits has one.
if get('state')[1] ~= 'WAITING_FOR_AGENT' then return {'NONE'} end
redis.call('HSET', CONVERSATION, 'wait', A[1])
ring(A[2])
return {'OK'}
