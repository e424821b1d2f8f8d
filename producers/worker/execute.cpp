#include "producers/worker/execute.h"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "producers/worker/copy_engine.h"
#include "producers/worker/directory_upload.h"
#include "producers/worker/file.h"
#include "producers/worker/http_upload.h"
#include "producers/worker/storage_daemon.h"
#include "producers/worker/subprocess.h"
#include "producers/worker/v2v_engine.h"

namespace godwit::worker {
namespace {

std::unique_ptr<Uploader> make_uploader(const Target& target, Control& control) {
  if (target.kind == Target::Kind::directory)
    return std::make_unique<DirectoryUpload>(target.location, control);
  return std::make_unique<HttpUpload>(target, control);
}

// What a warm migration needs beyond tools. The sockets lie apart: their paths must be short.
struct Warmth {
  Workspace sockets;
  Subprocess daemon_runner;
  StorageDaemon daemon;

  explicit Warmth(Workspace folder)
      : sockets(std::move(folder)), daemon(daemon_runner, {.socket_directory = sockets.path(".")}) {}
};

}  // namespace

Result<Outcome> execute(const Settings& settings, producer::Migration& migration, Observer& observer,
                        const Clock& clock, Control& control, const std::stop_token& stop) {
  auto workspace = Workspace::create(settings.work_dir);
  if (!workspace) return invalid_error("--work-dir: " + workspace.error().message);

  std::unique_ptr<Warmth> warmth;
  std::unique_ptr<Engine> engine = std::make_unique<CopyEngine>();
  if (settings.engine == EngineKind::warm) {
    auto sockets = Workspace::create(std::filesystem::temp_directory_path().string());
    if (!sockets) return invalid_error("TMPDIR: " + sockets.error().message);
    warmth = std::make_unique<Warmth>(std::move(*sockets));
    engine = std::make_unique<WarmEngine>(warmth->daemon, settings.warm);
  }

  if (settings.engine == EngineKind::virt_v2v) engine = std::make_unique<V2vEngine>(workspace->path("."));

  std::vector<std::unique_ptr<Uploader>> uploaders;
  std::vector<Disk> disks;
  for (const DiskSettings& asked : settings.disks) {
    uploaders.push_back(make_uploader(asked.target, control));
    Disk disk;
    disk.index = static_cast<std::int64_t>(disks.size());
    disk.count = static_cast<std::int64_t>(settings.disks.size());
    disk.source = asked.source;
    disk.source_format = asked.source_format;
    disk.target_format = settings.format;
    disk.copy = workspace->path(fmt::format("exported-{}", disk.index));
    disk.converted = workspace->path(fmt::format("converted-{}", disk.index));
    disk.uploader = uploaders.back().get();
    disks.push_back(std::move(disk));
  }
  Subprocess runner{&control};
  const AttemptParts parts{runner, migration, observer, clock, control};
  return Pipeline{*engine, parts, stop}.run(std::move(disks));
}

void obey(const Order& order, Control& control, std::stop_source& cancel) {
  switch (order.kind) {
    case Order::Kind::pause:
      return control.pause();
    case Order::Kind::resume:
      return control.resume();
    case Order::Kind::cancel:
      cancel.request_stop();
      return;
    case Order::Kind::rate_limit:
      return control.limit(order.rate);
    case Order::Kind::next_round:
      return control.next_round();
    case Order::Kind::cutover:
      return control.cut_over();
  }
}

}  // namespace godwit::worker
