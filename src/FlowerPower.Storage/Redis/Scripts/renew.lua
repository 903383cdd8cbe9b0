-- One holder's lease, by Redis' clock. KEYS[1] the leases; ARGV incarnation, holder for people, length in ms (0 gives it back), an
-- incarnation that is known to be dead ('' if none).
-- Each renewal counts up, so that a Redis which lost its last writes shows; its replication id changes when it restarts or is replaced.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local h = redis.call('HMGET', KEYS[1], 'incarnation', 'holder', 'until', 'tick')
local ends = tonumber(h[3] or '0')
if h[1] and h[1] ~= ARGV[1] and h[1] ~= ARGV[4] and ends > now then
  return { 'HELD', h[2] or '', decimal(ends - now), h[1] }
end
local replid = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local tick = tonumber(h[4] or '0')
if ARGV[3] == '0' then
  if h[1] == ARGV[1] then redis.call('HDEL', KEYS[1], 'incarnation', 'holder', 'until') end
  return { 'OK', replid, decimal(tick) }
end
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'holder', ARGV[2], 'until', decimal(now + tonumber(ARGV[3])), 'tick', decimal(tick + 1))
return { 'OK', replid, decimal(tick + 1) }
