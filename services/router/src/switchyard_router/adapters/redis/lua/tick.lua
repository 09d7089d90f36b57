-- Args: most timers to run, length of a lease in ms. Runs what is due; returns how many, and when the next is due ('' never).
local batch = tonumber(A[1])
-- Routers tick ten times a second. When none did for this long, none could renew a lease either.
local QUIET_MS = 3000
local beat = tonumber(redis.call('GET', P .. 'beat') or digits(now))
redis.call('SET', P .. 'beat', digits(now))
if now - beat > QUIET_MS then
  redis.call('SET', P .. 'forgiven_until', digits(now + A[2]), 'PX', A[2])
end
local forgiven = forgiven_until()
local due = redis.call('ZRANGEBYSCORE', P .. 'timers', '-inf', digits(now), 'LIMIT', 0, batch)

local function in_state(id, ...)
  local c = contact(id)
  if not c then return nil end
  for _, state in ipairs({...}) do
    if c.f.state == state then return c end
  end
end

local function lapsed(key)
  local lease = math.max(forgiven, tonumber(redis.call('HGET', key, 'lease_ms') or '0'))
  return lease <= now, lease
end

local run = {
  offer = function(id)
    local o = redis.call('HMGET', P .. 'offer:' .. id, 'contact', 'state')
    local c = o[1] and in_state(o[1], 'OFFERING')
    if c and o[2] == 'PENDING' and c.f.offer == id then miss_offer(c, 'TIMED_OUT', 'RING_TIMEOUT', true) end
  end,
  expiry = function(id)
    local c = in_state(id, 'QUEUED')
    if c then withdraw(c, 'EXPIRED', 'MAX_WAIT') end
  end,
  connect = function(id)
    local c = in_state(id, 'ASSIGNED')
    if c then miss_offer(c, 'FAILED', 'CONNECT_TIMEOUT', false) end
  end,
  handle = function(id)
    local c = in_state(id, 'CONNECTED', 'ON_HOLD')
    if c then hang_up(c, 'MAX_HANDLE_TIME', false) end
  end,
  wrap_up = function(id)
    local c = in_state(id, 'WRAP_UP')
    if c then complete(c, 'WRAP_UP_TIMEOUT') end
  end,
  lease = function(id)
    local gone, lease = lapsed(P .. 'agent:' .. id)
    if not gone then return arm('lease:' .. id, lease) end
    local a = agent(id)
    if a and a.f.base ~= 'OFFLINE' then leave_agent(a, 'DISCONNECTED', 'LEASE_LAPSED') end
  end,
  node = function(id)
    local gone, lease = lapsed(P .. 'node:' .. id)
    if not gone then return arm('node:' .. id, lease) end
    local ended = 0
    for _, contact_id in ipairs(redis.call('SMEMBERS', P .. 'node_contacts:' .. id)) do
      local c = contact(contact_id)
      if c and c.f.state ~= 'WRAP_UP' and not off_line(c) then
        if ended >= batch then return arm('node:' .. id, now) end
        end_contact(c, false, 'NODE_LOST')
        ended = ended + 1
      end
    end
  end,
}
for _, timer in ipairs(due) do
  disarm(timer)
  local kind, id = string.match(timer, '^([^:]+):(.*)$')
  if run[kind] then run[kind](id) end
end
local following = redis.call('ZRANGE', P .. 'timers', 0, 0, 'WITHSCORES')
return {'OK', #due, following[2] or '', digits(now)}
