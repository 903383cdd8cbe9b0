-- Stores a batch: all of it or nothing. Everything that can be refused is refused before the first write.
-- KEYS 1 head, 2 log, 3 records, 4 live ids, 5 index, 6 bucket numbers by name, 7 record counts by bucket number, 8 expiry hints.
-- ARGV claim, previous token, token, sequence number to cut through ('' cuts nothing), log entry without its number,
--      number of bucket names, the names, then three for each record: id, which of the names (0 deletes), value without its code.
local h = head_of(KEYS[1])
if h.claim ~= ARGV[1] then return { 'FENCED', h.node, h.claim } end
if h.tok == ARGV[3] then return { 'DUP', decimal(h.seq) } end
if h.tok ~= ARGV[2] then return { 'CONFLICT', decimal(h.seq), h.tok } end
local seq = h.seq + 1
local cut = math.max(h.cut, tonumber(ARGV[4]) or 0)
if cut > seq then return { 'CUT', decimal(seq) } end

local names = tonumber(ARGV[6])
local ids, changes = {}, {}
for i = 7 + names, #ARGV, 3 do
  local id = ARGV[i]
  if not changes[id] then ids[#ids + 1] = id end
  changes[id] = i
end
local olds = #ids > 0 and values_of(KEYS[3], ids) or {}

-- The first write is the one that a server out of memory refuses.
redis.call('RPUSH', KEYS[2], struct.pack('>I8', seq) .. ARGV[5])
redis.call('HSET', KEYS[1], 'seq', decimal(seq), 'tok', ARGV[3], 'cut', decimal(cut))
if cut > h.cut then redis.call('LTRIM', KEYS[2], cut - h.cut, -1) end
if #ids == 0 then return { 'OK', decimal(seq) } end

local codes = {}
for i = 1, names do
  local number = redis.call('HGET', KEYS[6], ARGV[6 + i])
  if not number then
    number = redis.call('HLEN', KEYS[6]) + 1
    redis.call('HSET', KEYS[6], ARGV[6 + i], number)
  end
  codes[i] = code_of(tonumber(number))
end

local put, gone, listed, unlisted, woken, slept, counts = {}, {}, {}, {}, {}, {}, {}
for i = 1, #ids do
  local id, at = ids[i], changes[ids[i]]
  local old = olds[i] and parse(olds[i])
  local which = tonumber(ARGV[at + 1])
  local new
  if which > 0 then
    local value = codes[which] .. ARGV[at + 2]
    new = parse(value)
    put[#put + 1] = id
    put[#put + 1] = value
    local stays = old and old.code == new.code and old.sort == new.sort
    if not stays or (new.expires and old.expires ~= new.expires) then
      listed[#listed + 1] = { new.code, new.sort .. id, new.expires and millis(new.expires) }
    end
  elseif old then
    gone[#gone + 1] = id
  end
  if old and not (new and old.code == new.code and old.sort == new.sort) then
    unlisted[#unlisted + 1] = { old.code, old.sort .. id }
  end
  local was, is = old and old.live, new and new.live
  if is and not was then
    woken[#woken + 1] = '0'
    woken[#woken + 1] = id
  elseif was and not is then
    slept[#slept + 1] = id
  end
  if old then counts[old.code] = (counts[old.code] or 0) - 1 end
  if new then counts[new.code] = (counts[new.code] or 0) + 1 end
end

in_portions('HSET', KEYS[3], put)
in_portions('HDEL', KEYS[3], gone)
in_portions('ZREM', KEYS[4], slept)
in_portions('ZADD', KEYS[4], woken)
local chunk
for i = 1, #unlisted do
  local code, place = unlisted[i][1], unlisted[i][2]
  if not reaches(chunk, code, place) then
    close_chunk(KEYS[8], chunk)
    chunk = open_chunk(KEYS[5], code, place)
  end
  remove_place(chunk, place)
end
for i = 1, #listed do
  local code, place = listed[i][1], listed[i][2]
  if not reaches(chunk, code, place) then
    close_chunk(KEYS[8], chunk)
    chunk = open_chunk(KEYS[5], code, place)
  end
  chunk = add_place(KEYS[8], chunk, place, listed[i][3])
end
close_chunk(KEYS[8], chunk)
for code, change in pairs(counts) do
  if change ~= 0 and redis.call('HINCRBY', KEYS[7], number_of(code), change) == 0 then redis.call('HDEL', KEYS[7], number_of(code)) end
end
return { 'OK', decimal(seq) }
