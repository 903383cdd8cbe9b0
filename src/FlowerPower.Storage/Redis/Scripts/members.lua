-- The members of a cluster. KEYS the members' rows, the zset of the living by the end of their leases (ms), the zset of the dead by the instant of
-- their death, the leases (renew.lua). ARGV what to do, and its arguments.
-- A row is two fields: 'i:' and the incarnation, what the member says of itself; 's:' and the incarnation: status, lease in ms, joined at,
-- changed at, and its place. 'f:' and a shard: how many of its owners ended while they had it, when the last did, whether the shard is parked (1 or 0),
-- that owner's claim, that owner. The other fields count: version, tick; born and seen are instants.
local LIVING_MOST, DEAD_MOST, DEAD_KEPT = 1000, 200, 3600000
local DEAD = 4
local rows, living, dead, leases = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local h = redis.call('HMGET', rows, 'version', 'tick', 'born', 'seen')
local version, tick, born, seen = tonumber(h[1] or '0'), tonumber(h[2] or '0'), tonumber(h[3] or '0'), tonumber(h[4] or '0')
local version_was = version

local function parse_state(text)
  local status, lease, joined, changed, place = string.match(text, '^(%d+) (%d+) (%d+) (%d+) (.*)$')
  return { status = tonumber(status), lease = tonumber(lease), joined = tonumber(joined), changed = tonumber(changed), place = place }
end

local function state_of(id)
  local text = redis.call('HGET', rows, 's:' .. id)
  return text and parse_state(text)
end

local function put(id, s)
  redis.call('HSET', rows, 's:' .. id, table.concat({ s.status, decimal(s.lease), decimal(s.joined), decimal(s.changed), s.place }, ' '))
end

local function die(id)
  local s = state_of(id)
  redis.call('ZREM', living, id)
  if not s or s.status == DEAD then return false end
  s.status, s.changed = DEAD, now
  put(id, s)
  redis.call('ZADD', dead, decimal(now), id)
  version = version + 1
  return true
end

-- Nobody's lease but the caller's ends while nobody could renew, and no jump of the clock makes one endless.
local function sweep(me, lease)
  if seen > 0 and now - seen > lease / 2 then
    for _, id in ipairs(redis.call('ZRANGE', living, 0, -1)) do
      local s = state_of(id)
      if s then redis.call('ZADD', living, 'GT', decimal(now + math.floor(s.lease / 2)), id) end
    end
  end
  for _, id in ipairs(redis.call('ZRANGE', living, decimal(now + 2 * lease), '+inf', 'BYSCORE')) do
    local s = state_of(id)
    if s then redis.call('ZADD', living, 'LT', decimal(now + 2 * s.lease), id) end
  end
  for _, id in ipairs(redis.call('ZRANGE', living, '-inf', decimal(now), 'BYSCORE')) do
    if id ~= me then die(id) end
  end
end

local function forget_old()
  local gone = redis.call('ZRANGE', dead, '-inf', decimal(now - DEAD_KEPT), 'BYSCORE')
  for _, id in ipairs(redis.call('ZRANGE', dead, 0, -DEAD_MOST - 1)) do gone[#gone + 1] = id end
  for _, id in ipairs(gone) do
    redis.call('HDEL', rows, 'i:' .. id, 's:' .. id)
    redis.call('ZREM', dead, id)
  end
end

local function save()
  forget_old()
  if version ~= version_was then redis.call('HSET', rows, 'version', decimal(version)) end
end

local function mark()
  local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
  return decimal(version), replid, decimal(tick), decimal(born), decimal(now)
end

local function parse_fall(text)
  local count, at, parked, claim, owner = string.match(text, '^(%d+) (%d+) (%d) (%S+) (%S+)$')
  return { count = tonumber(count), at = tonumber(at), parked = parked == '1', claim = claim, owner = owner }
end

local function view()
  local all = redis.call('HGETALL', rows)
  local infos, ends, list, shelf = {}, {}, {}, {}
  for i = 1, #all, 2 do
    local kind, id = string.sub(all[i], 1, 2), string.sub(all[i], 3)
    if kind == 'i:' then infos[id] = all[i + 1] end
    if kind == 'f:' then
      local f = parse_fall(all[i + 1])
      if f.parked then shelf[#shelf + 1] = { id, decimal(f.count), decimal(f.at), f.owner } end
    end
  end
  local leases_left = redis.call('ZRANGE', living, 0, -1, 'WITHSCORES')
  for i = 1, #leases_left, 2 do ends[leases_left[i]] = tonumber(leases_left[i + 1]) - now end
  for i = 1, #all, 2 do
    local id = string.sub(all[i], 3)
    if string.sub(all[i], 1, 2) == 's:' and infos[id] then
      local s = parse_state(all[i + 1])
      list[#list + 1] = { id, infos[id], decimal(s.status), decimal(s.joined), decimal(s.changed), decimal(ends[id] or 0) }
    end
  end
  return list, shelf
end

-- Who serves the store alone, if somebody does.
local function alone()
  local l = redis.call('HMGET', leases, 'incarnation', 'holder', 'until')
  local left = tonumber(l[3] or '0') - now
  if l[1] and left > 0 then return l[2] or '', left end
end

-- ARGV incarnation, status, lease, known version
local function live(id, status, lease, known, s)
  if status > s.status then
    s.status, s.changed = status, now
    version = version + 1
  end
  s.lease = lease
  put(id, s)
  redis.call('ZADD', living, decimal(now + lease), id)
  seen, tick = now, tick + 1
  redis.call('HSET', rows, 'seen', decimal(seen), 'tick', decimal(tick))
  save()
  local first = redis.call('ZRANGE', living, 0, 1, 'WITHSCORES')
  local at = first[2]
  if first[1] == id then at = first[4] end
  local v, replid, t, b, n = mark()
  local list, shelf = false, false
  if version ~= known then list, shelf = view() end
  return { 'OK', v, replid, t, b, n, at and decimal(math.max(tonumber(at) - now, 0)) or '', list, shelf }
end

local op, id = ARGV[1], ARGV[2]
if op == 'read' then
  local v, replid, t, b, n = mark()
  local list, shelf = view()
  return { 'OK', v, replid, t, b, n, '', list, shelf }
end

-- How many shards other than this one are as suspect, and not parked.
local function suspects(field, most, since)
  local count, all = 0, redis.call('HGETALL', rows)
  for i = 1, #all, 2 do
    if string.sub(all[i], 1, 2) == 'f:' and all[i] ~= field then
      local f = parse_fall(all[i + 1])
      if not f.parked and f.count >= most and f.at >= since then count = count + 1 end
    end
  end
  return count
end

-- ARGV also the shard, the former owner's claim, how many may end, how many shards may be as suspect, and for how long an end counts
if op == 'fall' then
  local field, most, few, since = 'f:' .. ARGV[3], tonumber(ARGV[5]), tonumber(ARGV[6]), now - tonumber(ARGV[7])
  local text = redis.call('HGET', rows, field)
  local f = text and parse_fall(text) or { count = 0, at = now, parked = false }
  if f.claim ~= ARGV[4] then
    f.count = (f.parked or f.at >= since) and f.count + 1 or 1
    if not f.parked and f.count > most and suspects(field, most, since) < few then
      f.parked = true
      version = version + 1
    end
    redis.call('HSET', rows, field, table.concat({ decimal(f.count), decimal(now), f.parked and '1' or '0', ARGV[4], id }, ' '))
    save()
  end
  return { f.parked and 'PARKED' or 'OK', decimal(f.count) }
end

-- ARGV also the shard, and the claim whose end must be the last one that was counted ('': whichever was)
if op == 'acquit' then
  local field = 'f:' .. ARGV[3]
  local text = redis.call('HGET', rows, field)
  local f = text and parse_fall(text)
  if not f or (ARGV[4] ~= '' and f.claim ~= ARGV[4]) then return { 'NOTHING' } end
  redis.call('HDEL', rows, field)
  if not f.parked then return { 'NOTHING' } end
  version = version + 1
  save()
  return { 'OK' }
end

if op == 'dead' then
  local did = die(id)
  save()
  return { did and 'OK' or 'NOTHING' }
end

local status, lease, known = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local s = state_of(id)
local holder, left = alone()
if op == 'renew' then
  if not s then return { 'UNKNOWN', mark() } end
  -- Only a member whose lease had ended can find one that serves alone.
  if holder then
    die(id)
    save()
  end
  if holder or s.status == DEAD then return { 'DEAD' } end
  sweep(id, lease)
  return live(id, status, lease, known, s)
end

-- join: ARGV also what the member says of itself, and its place
if s and s.status == DEAD then return { 'GONE' } end
if holder then return { 'ALONE', holder, decimal(left) } end
if born == 0 then
  born, version = now, now
  redis.call('HSET', rows, 'born', decimal(born))
end
sweep(id, lease)
if not s then
  for _, other in ipairs(redis.call('ZRANGE', living, 0, -1)) do
    local o = state_of(other)
    if o and o.place == ARGV[7] then die(other) end
  end
  if redis.call('ZCARD', living) >= LIVING_MOST then
    save()
    return { 'FULL' }
  end
  s = { status = status, lease = lease, joined = now, changed = now, place = ARGV[7] }
  redis.call('HSET', rows, 'i:' .. id, ARGV[6])
  version = version + 1
end
return live(id, status, lease, 0, s)
