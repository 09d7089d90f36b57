-- Args: id of the turn, its lease in ms from now.
if get('turn')[1] ~= A[1] then return {'OVERTAKEN'} end
redis.call('HSET', CONVERSATION, 'turn_until', whole(now + A[2]))
return {'OK'}
