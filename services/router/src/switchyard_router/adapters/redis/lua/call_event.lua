-- Args: contact, type, fence (0: caller's leg), source, sequence, cause, 1 to return the contact.
-- Late and repeated events are answered, never refused: the PBX cannot take them back.
-- A repeated event has number, contact and type in common with one that was seen: a node whose counter began anew
-- after a restart does not repeat itself.
local function after() return A[7] == '1' and flat_contact(A[1]) or {} end
local seen = P .. 'seen:' .. A[4]
local REMEMBERED = 10000
if A[5] ~= '0' then
  local mark = A[5] .. ' ' .. A[1] .. ' ' .. A[2] .. ' ' .. A[3]
  if redis.call('ZSCORE', seen, mark) then return {'DUPLICATE', after()} end
  redis.call('ZADD', seen, digits(now), mark)
  redis.call('ZREMRANGEBYRANK', seen, 0, -REMEMBERED - 1)
  redis.call('PEXPIRE', seen, KEEP_MS)
end

local c = contact(A[1])
if not c or terminal(c) then return {'STALE', after()} end
local kind, state = A[2], c.f.state
local caller_leg = {CALLER_HANGUP = true, HOLD = true, UNHOLD = true}
if not caller_leg[kind] and A[3] ~= c.f.fence then return {'STALE', after()} end
local cause = A[6] ~= '' and A[6] or kind

local function no_answer(offer_state, counts_as_rona)
  return function()
    if state == 'OFFERING' then miss_offer(c, offer_state, kind, counts_as_rona) return true end
    if state == 'ASSIGNED' then miss_offer(c, 'FAILED', kind, counts_as_rona) return true end
  end
end

local react = {
  RINGING = function()
    if state ~= 'OFFERING' then return end
    offer_event(c, 'offer.ringing', 'PENDING')
    save(c)
    return true
  end,
  ANSWERED = function()
    if state == 'OFFERING' then accept_offer(c) return true end
    return state == 'ASSIGNED'
  end,
  BRIDGED = function()
    if state == 'OFFERING' then accept_offer(c) end
    if c.f.state == 'ASSIGNED' then connect(c) return true end
  end,
  NO_ANSWER = no_answer('TIMED_OUT', true),
  UNREACHABLE = no_answer('FAILED', true),
  BUSY = no_answer('FAILED', false),
  REJECTED = no_answer('DECLINED', false),
  BRIDGE_FAILED = function()
    -- The agent is there: it was the customer who could not be joined.
    if state == 'ASSIGNED' and c.f.callback ~= '' then not_reached(c, cause) return true end
    return no_answer('FAILED', false)()
  end,
  HOLD = function()
    if state ~= 'CONNECTED' then return end
    enter(c, 'ON_HOLD', cause)
    save(c)
    return true
  end,
  UNHOLD = function()
    if state ~= 'ON_HOLD' then return end
    enter(c, 'CONNECTED', cause)
    save(c)
    return true
  end,
  CALLER_HANGUP = function()
    -- The customer who is to be called back hung up long ago.
    if state == 'WRAP_UP' or off_line(c) then return end
    end_contact(c, true, 'CALLER_HUNG_UP')
    return true
  end,
  AGENT_HANGUP = function()
    if state == 'CONNECTED' or state == 'ON_HOLD' then hang_up(c, 'AGENT_HUNG_UP', false) return true end
    if state == 'OFFERING' or state == 'ASSIGNED' then miss_offer(c, 'FAILED', kind, false) return true end
  end,
}
local done = react[kind]()
return {done and 'OK' or 'STALE', after()}
