# Sidekiq: fill N | work. REDIS_PORT says where. It keeps no results: the job stores its own, as who wants one does.
require "sidekiq"
require "json"

URL = "redis://127.0.0.1:#{ENV.fetch("REDIS_PORT")}/0"
Redis.silence_deprecations = true if Redis.respond_to?(:silence_deprecations=)
Redis.sadd_returns_boolean = false if Redis.respond_to?(:sadd_returns_boolean=)
Sidekiq.logger.level = Logger::WARN
Sidekiq.configure_client { |config| config.redis = { url: URL } }
Sidekiq.configure_server { |config| config.redis = { url: URL } }
STORE = ConnectionPool.new(size: 10) { Redis.new(url: URL) }

class Noop
  include Sidekiq::Worker

  def perform(i)
    STORE.with { |redis| redis.hset("results", jid, JSON.generate(ok: true, i: i)) }
  end
end

case ARGV[0]
when "fill"
  Integer(ARGV[1]).times.each_slice(1000) { |slice| Sidekiq::Client.push_bulk("class" => Noop, "args" => slice.map { |i| [i] }) }
when "work"
  exec "sidekiq", "-r", File.expand_path(__FILE__), "-c", "5" unless defined?(Sidekiq::CLI)
end
