-- Args: most kept, then for each decision: id, time in ms as 12 hex digits, encoded, contact, agent, queue, arm, "1" if
-- degraded. Keeps the records and what they are found by, and forgets the oldest beyond the bound. All members of an
-- index have the same score, so that they stand in the order of their text: time, then id.
local most, oldest = tonumber(A[1]), string.format('%012x', now - KEEP_MS)
local PER_CONTACT = 200
local all, touched = P .. 'decisions_by:all:', {}

local function note(index, value, member)
  if value == '' then return end
  local key = P .. 'decisions_by:' .. index .. ':' .. value
  redis.call('ZADD', key, 0, member)
  touched[key] = index == 'contact' and PER_CONTACT or most
end

for i = 2, #A, 8 do
  local member = A[i + 1] .. ':' .. A[i]
  redis.call('SET', P .. 'decision:' .. A[i], A[i + 2], 'PX', KEEP_MS)
  redis.call('ZADD', all, 0, member)
  note('contact', A[i + 3], member)
  note('agent', A[i + 4], member)
  note('queue', A[i + 5], member)
  note('arm', A[i + 6], member)
  note('degraded', A[i + 7] == '1' and 'true' or '', member)
end

local over = redis.call('ZCARD', all) - most
if over > 0 then
  local gone = redis.call('ZRANGE', all, 0, over - 1)
  for i, member in ipairs(gone) do redis.call('UNLINK', P .. 'decision:' .. string.sub(member, 14)) end
  redis.call('ZREMRANGEBYRANK', all, 0, over - 1)
end
redis.call('ZREMRANGEBYLEX', all, '-', '(' .. oldest)
redis.call('PEXPIRE', all, KEEP_MS)
local first = redis.call('ZRANGE', all, 0, 0)[1]
for key, bound in pairs(touched) do
  if first then redis.call('ZREMRANGEBYLEX', key, '-', '(' .. first) end
  redis.call('ZREMRANGEBYRANK', key, 0, -bound - 1)
  redis.call('PEXPIRE', key, KEEP_MS)
end
return {'OK'}
