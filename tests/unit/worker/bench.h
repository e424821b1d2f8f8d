// Bench: one migration of small files, with everything around it scripted. What differs is the engine.
#pragma once

#include <doctest/doctest.h>

#include <filesystem>
#include <stop_token>
#include <vector>

#include "common/stream/memory_log.h"
#include "producers/worker/file.h"
#include "producers/worker/pipeline.h"
#include "tests/unit/producer/log_reading.h"
#include "tests/unit/worker/fakes.h"

namespace godwit::test {

inline producer::Identity worker_identity() {
  producer::Identity out;
  out.task_id = "t-1";
  out.vm_name = "web01";
  out.provider = "disk";
  out.host = "mover3";
  out.worker_id = "worker-1";
  return out;
}

// A source file has six bytes.
struct Bench {
  worker::Workspace folder =
      worker::Workspace::create(std::filesystem::temp_directory_path().string()).value();
  stream::MemoryLog log{1};
  FakeClock clock{parse_rfc3339("2026-11-21T12:00:00Z").value()};
  ScriptedRunner runner;
  ScriptedUploader uploader;
  SilentObserver observer;
  producer::Migration migration{log, clock, worker_identity(), {.ticks_per_second_max = 1000}};
  std::stop_source stop;
  worker::Control control;

  worker::Outcome run(worker::Engine& engine, std::int64_t disk_count) {
    std::vector<worker::Disk> disks;
    for (std::int64_t i = 0; i < disk_count; ++i) {
      worker::Disk disk;
      disk.index = i;
      disk.count = disk_count;
      disk.source = folder.path(fmt::format("source{}", i));
      disk.copy = folder.path(fmt::format("copy{}", i));
      disk.converted = folder.path(fmt::format("converted{}", i));
      disk.uploader = &uploader;
      write_file(disk.source, "source");
      disks.push_back(disk);
    }
    const worker::AttemptParts parts{runner, migration, observer, clock, control};
    worker::Outcome outcome = worker::Pipeline{engine, parts, stop.get_token()}.run(disks);
    REQUIRE(migration.flush().ok());
    return outcome;
  }
};

}  // namespace godwit::test
