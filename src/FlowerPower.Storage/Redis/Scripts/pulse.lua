-- Which server serves a shard, by the id that it has from its start or its promotion on. KEYS[1] the head.
return string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
