-- Args: the fields of a new conversation, as JSON.
if redis.call('EXISTS', CONVERSATION) == 0 then
  for name, value in pairs(cjson.decode(ARGV[5])) do redis.call('HSET', CONVERSATION, name, value) end
  redis.call('HSET', CONVERSATION, 'version', '1', 'created_ms', whole(now))
  done()
end
return {'OK', snapshot()}
