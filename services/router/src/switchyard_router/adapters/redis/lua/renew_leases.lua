-- Args: lease ms, then kind ("agent" or "node"), id, epoch, ... Returns those that may not go on: index, why.
-- Only the hash is touched: the timer finds out when it fires too early and arms itself again. It is armed here when
-- it would fire too late, or has fired already and was forgiven.
local lost, until_ms, forgiven = {}, now + tonumber(A[1]), forgiven_until()
for i = 2, #A, 3 do
  local key = P .. A[i] .. ':' .. A[i + 1]
  local known = redis.call('HMGET', key, 'epoch', 'lease_ms')
  local why = nil
  if not known[1] then why = 'UNKNOWN'
  elseif tonumber(known[1]) > tonumber(A[i + 2]) then why = 'SUPERSEDED'
  elseif known[1] ~= A[i + 2] then why = 'LAPSED' -- forgotten in a failover
  elseif math.max(tonumber(known[2]), forgiven) <= now then why = 'LAPSED'
  end
  if why then
    lost[#lost + 1] = {A[i], A[i + 1], A[i + 2], why}
  else
    redis.call('HSET', key, 'lease_ms', digits(until_ms))
    if tonumber(known[2]) > until_ms or tonumber(known[2]) <= now then
      arm(({agent = 'lease', node = 'node'})[A[i]] .. ':' .. A[i + 1], until_ms)
    end
  end
end
return {'OK', lost}
