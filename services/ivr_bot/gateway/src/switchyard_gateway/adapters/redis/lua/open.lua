-- Args: the fields of a new conversation, as JSON; what the bot is to react to first, or nothing.
if redis.call('EXISTS', CONVERSATION) == 0 then
  for name, value in pairs(cjson.decode(A[1])) do redis.call('HSET', CONVERSATION, name, value) end
  redis.call('HSET', CONVERSATION, 'version', '1', 'created_ms', whole(now),
    'active_ms', whole(now))
  if A[2] ~= '' then redis.call('RPUSH', TURNS, A[2]) end
  done()
end
return {'OK', snapshot()}
