-- Agents: live fields of the hash, and what the agent holds (contact -> "CHANNEL:stage"). ----------------------------
local LIVE = {'base', 'reason', 'next_base', 'next_reason', 'epoch', 'device', 'lease_ms', 'idle_ms', 'version', 'rona',
  'shown', 'shown_ms', 'capacity', 'units', 'share', 'share_ms', 'offered_ms'}
-- Occupancy is the share of time with contacts; what is this long ago counts 1/e of what is now.
local OCCUPANCY_MS = 3600 * 1000

local function agent(id)
  local map = some_fields(P .. 'agent:' .. id, LIVE)
  if map.base == '' then return nil end
  local held = fields(redis.call('HGETALL', P .. 'held:' .. id))
  return {id = id, f = map, dirty = {}, held = held, busy = next(held) ~= nil}
end

-- Why the agent's session is not the one with this epoch ('0': none was asked for), or nil. An epoch beyond the stored
-- one was forgotten in a failover: its desktop signs in again, nobody took over.
local function not_in_session(a, epoch)
  if epoch == '0' or a.f.epoch == epoch then return nil end
  return num(a, 'epoch') < tonumber(epoch) and 'LEASE_LAPSED' or 'SESSION_SUPERSEDED'
end

local function channel_of(stage) return string.match(stage, '^[^:]+') end
local function takes_all(stage) return WHOLE[channel_of(stage)] == true end

local function presence(a)
  if a.f.base == 'OFFLINE' or a.f.base == 'DISCONNECTED' then return a.f.base end
  local wrapping = false
  for _, stage in pairs(a.held) do
    if not string.find(stage, ':wrap_up', 1, true) then return 'ON_CONTACT' end
    wrapping = true
  end
  return wrapping and 'AFTER_CONTACT_WORK' or a.f.base
end

local function ready(a) return a.f.base == 'AVAILABLE' and a.f.next_base == '' end

-- The share as of now: what was held until now counts for the time since it was computed last.
local function occupy(a)
  local passed = now - num(a, 'share_ms')
  if num(a, 'share_ms') > 0 and passed > 0 then
    local kept = math.exp(-passed / OCCUPANCY_MS)
    set(a, 'share', string.format('%.6f', num(a, 'share') * kept + (a.busy and 1 - kept or 0)))
  end
  set(a, 'share_ms', now)
  a.busy = next(a.held) ~= nil
end

local function save_agent(a, reason)
  if next(a.held) == nil and a.f.next_base ~= '' then
    set(a, 'base', a.f.next_base)
    set(a, 'reason', a.f.next_reason)
    set(a, 'next_base', '')
    set(a, 'next_reason', '')
  end
  local shown, before = presence(a), a.f.shown
  local before_ms = now - num(a, 'shown_ms')
  occupy(a)
  if shown ~= before then
    set(a, 'shown', shown)
    set(a, 'shown_ms', now)
    if shown == 'AVAILABLE' then set(a, 'idle_ms', now) end
  end
  set(a, 'version', num(a, 'version') + 1)
  write(P .. 'agent:' .. a.id, a)
  emit('agent.state_changed', a.id, a.f.version, {
    -- While NOT_READY, the reason of that: desktops show it. Else the reason of the change.
    presence = shown, previous_presence = before, ready = ready(a),
    reason = shown == 'NOT_READY' and a.f.reason or reason or a.f.reason,
    held = a.held, idle_since_ms = num(a, 'idle_ms'), epoch = num(a, 'epoch'), device = a.f.device,
    previous_presence_ms = before_ms, since_ms = num(a, 'shown_ms'), next_presence = a.f.next_base,
    occupancy = num(a, 'share'), occupancy_ms = now, offered_ms = num(a, 'offered_ms'),
  })
end

local function hold(a, c, stage)
  a.held[c.id] = c.f.channel .. ':' .. stage
  redis.call('HSET', P .. 'held:' .. a.id, c.id, a.held[c.id])
end

local function let_go(a, c)
  a.held[c.id] = nil
  redis.call('HDEL', P .. 'held:' .. a.id, c.id)
end

-- A call of any kind takes the whole agent. Text contacts leave room for others up to the channel's capacity, and one
-- unit for a call where the agent takes calls too: a backlog of chats never locks voice out.
local function has_room(a, channel)
  local same, all = 0, 0
  for _, stage in pairs(a.held) do
    if takes_all(stage) then return false end
    if channel_of(stage) == channel then same = same + 1 end
    all = all + 1
  end
  local capacity, units = cjson.decode(a.f.capacity), num(a, 'units')
  if not WHOLE[channel] and units > 1 then
    for kind in pairs(WHOLE) do
      if (capacity[kind] or 0) > 0 then
        units = units - 1
        break
      end
    end
  end
  return same < (capacity[channel] or 0) and (units == 0 or all < units)
end
