namespace FlowerPower.Pipelines.Tests.Configuration;

/// <summary>Files of the shapes that FlowerPower users have, with every key of every version.</summary>
internal static class FlowerPowerFiles
{
    /// <summary>A project of FlowerPower 0.37.</summary>
    public const string ProjectNow = """
        name: sales-warehouse
        hooks_dir: hooks
        adapter:
          hamilton_tracker:
            username: ada@example.org
            api_url: http://localhost:8241
            ui_url: http://localhost:8242
            api_key: null
            verify: false
          mlflow:
            tracking_uri: http://localhost:5000
            registry_uri: null
            artifact_location: null
          ray:
            ray_init_config: {num_cpus: 2}
            shutdown_ray_on_completion: false
        """;

    /// <summary>A project that used the RQ job queue.</summary>
    public const string ProjectWithRq = """
        name: null
        job_queue:
          type: rq
          num_workers: 4
          backend:
            type: redis
            uri: null
            username: null
            password: null
            host: localhost
            port: 6379
            database: 0
            ssl: false
            cert_file: null
            key_file: null
            ca_file: null
            verify_ssl: false
            queues: [default, high, low, scheduler]
        """;

    /// <summary>A project that used APScheduler as its job queue.</summary>
    public const string ProjectWithApScheduler = """
        name: reports
        job_queue:
          type: apscheduler
          num_workers: null
          backend:
            type: memory
            data_store: {type: postgresql, uri: null, username: postgres, password: secret, host: localhost, port: 5432, database: null,
              ssl: false, cert_file: null, key_file: null, ca_file: null, verify_ssl: false, schema: flowerpower}
            event_broker: {type: redis, uri: null, username: null, password: null, host: localhost, port: 6379, database: 0,
              ssl: false, cert_file: null, key_file: null, ca_file: null, verify_ssl: false, from_ds_sqla: true}
            cleanup_interval: 300
            max_concurrent_jobs: 10
            default_job_executor: threadpool
        """;

    /// <summary>A project of version 0.9.</summary>
    public const string ProjectWithWorker = """
        name: old
        worker:
          data_store: {type: sqlite, uri: "sqlite+aiosqlite:///db.sqlite"}
          event_broker: {type: mqtt, host: localhost, port: 1883}
          cleanup_interval: 300
          max_concurrent_jobs: 10
        """;

    /// <summary>The shape that the job queue's plan describes.</summary>
    public const string ProjectAsPlanned = """
        name: planned
        job_queue:
          backend: rq
          job_defaults: {timeout: 3600, max_retries: 3, retry_delay: 10.0, result_ttl: 86400, failure_ttl: 604800}
          backends:
            rq: {redis_url: "redis://localhost:6379/0", queues: [default, high, low], worker_class: rq.Worker}
            taskiq: {broker: redis, result_backend: redis, redis_url: "redis://localhost:6379/1", queues: [default], worker_concurrency: 4}
        """;

    /// <summary>A pipeline of FlowerPower 0.37 as it saves it.</summary>
    public const string PipelineNow = """
        run:
          inputs: {csv_path: data/sales.csv, threshold: 0.5, columns: [date, price]}
          final_vars: [sales_summary, report]
          config: {region: eu, validate: true}
          cache: {recompute: [report]}
          with_adapter: {hamilton_tracker: false, mlflow: false, ray: false, progressbar: true, future: false}
          executor: {type: threadpool, max_workers: 4, num_cpus: 2}
          log_level: debug
          retry: {max_retries: 5, retry_delay: 2, jitter_factor: 0.2, retry_exceptions: [ConnectionError, TimeoutError]}
          pipeline_adapter_cfg: null
          project_adapter_cfg: {hamilton_tracker: {verify: true}}
          adapter: null
          reload: false
          on_success: null
          on_failure: notify_team
          additional_modules: [shared.cleaning]
          async_driver: null
        params:
          sales_summary: {group_by: [product, customer]}
        adapter:
          hamilton_tracker: {project_id: 1, dag_name: sales, tags: {team: data}, capture_data_statistics: true,
            max_list_length_capture: 50, max_dict_length_capture: 10}
          mlflow: {experiment_name: e, experiment_description: null, experiment_tags: {}, run_id: null, run_name: null,
            run_description: null, run_tags: {}}
        """;

    /// <summary>A pipeline of versions 0.10 to 0.20, with a schedule.</summary>
    public const string PipelineWithSchedule = """
        params: null
        run:
          final_vars: [dashboard]
          inputs: {}
          executor: null
        schedule:
          cron: "0 6 * * 1-5"
          interval: {hours: 1}
          date: null
        """;

    /// <summary>A pipeline of version 0.9, with a trigger.</summary>
    public const string PipelineWithTrigger = """
        run:
          final_vars: [spend]
        schedule:
          run: {id_: nightly, executor: null, paused: false, coalesce: latest, misfire_grace_time: null, max_jitter: null,
            max_running_jobs: null, conflict_policy: do_nothing}
          trigger:
            type_: cron
            cron: {year: null, month: null, week: null, day: null, day_of_week: null, hour: 6, minute: 0, second: null,
              start_time: null, end_time: null, timezone: Europe/Berlin, crontab: null}
            interval: {weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0, microseconds: 0, start_time: null, end_time: null}
            calendar: {years: 0, months: 0, weeks: 0, days: 0, hour: 0, minute: 0, second: 0, start_date: null, end_date: null,
              timezone: null}
            date: {run_time: null}
        """;
}
