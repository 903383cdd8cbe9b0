-- One holder's lease, by Redis' clock. KEYS[1] the leases, KEYS[2] and KEYS[3] the rows and the living of a cluster (members.lua); ARGV incarnation, holder for people, length in ms (0 gives it back), the
-- holder's seat ('' if it has none), 'take' or 'keep': only one can sit in a seat, so who takes it knows that whoever is said to sit there
-- is dead. Who keeps a lease knows nothing of the kind: it may be the one that is taken for dead.
-- Each renewal counts up, so that a Redis which lost its last writes shows; its replication id changes when it restarts or is replaced.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local h = redis.call('HMGET', KEYS[1], 'incarnation', 'holder', 'until', 'tick', 'seat')
local mine = h[1] == ARGV[1]
local ends = tonumber(h[3] or '0')
if h[1] and not mine and ends > now and not (ARGV[5] == 'take' and ARGV[4] ~= '' and h[5] == ARGV[4]) then
  return { 'HELD', h[2] or '', decimal(ends - now) }
end
-- Nobody serves alone beside a cluster.
if ARGV[3] ~= '0' and not (mine and ends > now) then
  local node = redis.call('ZRANGE', KEYS[3], decimal(now + 1), '+inf', 'BYSCORE', 'WITHSCORES')
  if node[1] then
    local place = string.match(redis.call('HGET', KEYS[2], 's:' .. node[1]) or '', '^%d+ %d+ %d+ %d+ (.*)$') or node[1]
    return { 'HELD', 'a cluster (' .. place .. (#node > 2 and ' and others' or '') .. ')', decimal(tonumber(node[#node]) - now) }
  end
end
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local tick = tonumber(h[4] or '0')
if ARGV[3] == '0' then
  if mine then redis.call('HDEL', KEYS[1], 'incarnation', 'holder', 'until', 'seat') end
  return { 'OK', replid, decimal(tick) }
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'holder', ARGV[2], 'until', decimal(now + tonumber(ARGV[3])),
  'tick', decimal(tick + 1), 'seat', ARGV[4])
return { 'OK', replid, decimal(tick + 1) }
