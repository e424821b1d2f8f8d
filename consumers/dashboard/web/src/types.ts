// What the API answers, as far as the page reads it.

export type List = "none" | "pending" | "active" | "completed" | "failed" | "cancelled";

export interface Task {
  list: List;
  task_id: string;
  vm_name: string;
  provider: string;
  status: string;
  attempt: number;
  start_time: string | null;
  updated_time: string;
  end_time: string | null;
  duration: number | null; // ns
  current_stage: string;
  stage_index: number;
  total_stages: number;
  percentage: number | null;
  bytes_done: number | null;
  bytes_total: number | null;
  stalled: boolean;
  error?: string;
  plan_id?: string;
}

export interface Coverage {
  partial?: boolean;
  missing?: (number | string)[];
  catching_up?: (number | string)[];
}

export interface Metrics {
  total_migrations: number;
  successful_migrations: number;
  failed_migrations: number;
  cancelled_migrations: number;
  active_migrations: number;
  pending_migrations: number;
  success_rate: number | null;
  avg_migration_time: number | null;
  total_bytes_processed: number;
}

export interface Figures {
  status: string;
  uptime: number;
  timestamp: string;
  metrics: Metrics;
}

export interface Summary {
  task_id: string;
  vm_name: string;
  provider: string;
  status: string;
  duration: number | null;
  timestamp: string | null;
  error?: string;
}

export interface ProviderStats {
  total_migrations: number;
  successful_migrations: number;
  failed_migrations: number;
  success_rate: number | null;
  avg_duration: number | null;
}

export interface Dashboard extends Figures, Coverage {
  recent_completions: Summary[];
  recent_failures: Summary[];
  provider_stats: Record<string, ProviderStats>;
}

export interface Trends extends Coverage {
  labels: string[];
  started: number[];
  succeeded: number[];
  failed: number[];
  bytes: number[];
  avg_duration: (number | null)[];
  success_rate: (number | null)[];
}

export interface Note {
  id: string;
  at_ms: number;
  timestamp: string;
  severity: "error" | "warning" | "info";
  kind: string;
  subject: string;
  name: string;
  text: string;
}

export interface Notes extends Coverage {
  notifications: Note[];
  unread: number;
  read_mark: string | null;
}

export interface Plan {
  plan_id: string;
  status: string;
  name: string | null;
  vm_count: number | null;
  created_time: string | null;
  start_time: string | null;
  end_time: string | null;
  tasks: Partial<Record<List, number>>;
}

export interface AuditEntry {
  event_id: string;
  event_type: string;
  timestamp: string;
  task_id?: string;
  vm_name?: string;
  provider?: string;
  user?: string;
  ip_address?: string;
  action: string;
  description?: string;
  status: string;
  duration?: number;
  details?: Record<string, unknown>;
  success: boolean;
  error?: string;
  topic: string;
  partition: number;
  offset: number;
  source?: string;
  attempt?: number;
  stage?: string;
  duplicate: boolean;
}

export interface Delivery {
  delivery_id: string;
  endpoint: string;
  type: string;
  status: string;
  task_id: string;
  vm_name: string;
  event_id: string;
  event_type: string;
  event_time: string;
  tries: number;
  next_try_at: string | null;
  status_code: number | null;
  error: string | null;
  updated_at: string | null;
}

export interface StageProgress {
  stage: string;
  status: string;
  start_time: string | null;
  end_time?: string;
  percentage: number | null;
  bytes_total: number | null;
  bytes_done: number | null;
  rate: number | null;
  eta: number | null;
  message?: string;
}

export interface Progress {
  task_id: string;
  vm_name: string;
  provider: string;
  user?: string;
  plan_id?: string;
  host?: string;
  status: string;
  attempt: number;
  start_time: string | null;
  updated_time: string;
  end_time?: string;
  current_stage: string;
  total_stages: number;
  stage_index: number;
  percentage: number | null;
  eta: number | null;
  stalled: boolean;
  stages?: StageProgress[];
  disks?: { disk_index: number; percentage: number | null; bytes_done: number | null; bytes_total: number | null }[];
  warnings?: string[];
  error?: string;
  error_details?: {
    code: string;
    class?: string;
    phase?: string;
    retryable?: boolean;
    exit_code?: number;
    signal?: number;
    stderr_tail?: string;
  };
}

export interface Consumer {
  name: string;
  url?: string;
  reachable: boolean;
  ready: boolean;
  reasons: string[];
  lag?: number | null;
  events_total?: number;
  dead_letters_total?: number;
  cluster?: {
    instances: {
      instance: string;
      url: string;
      partitions: { topic: string; partition: number; next_offset: number; high_offset: number; lag?: number; caught_up?: boolean }[];
    }[];
    unowned: (number | string)[];
  };
}

export interface Endpoint {
  name: string;
  type: string;
  url: string;
  enabled: boolean;
  owed: number;
}
