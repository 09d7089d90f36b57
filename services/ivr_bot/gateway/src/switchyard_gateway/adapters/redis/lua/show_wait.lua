-- Args: the estimate as stored, what to tell watchers. Only who still waits has one.
if get('state')[1] ~= 'WAITING_FOR_AGENT' then return {'NONE'} end
redis.call('HSET', CONVERSATION, 'wait', ARGV[5])
ring(ARGV[6])
return {'OK'}
