#include "producers/cpp/payload.h"

#include "common/json/writer.h"

namespace godwit::producer {
namespace {

void add_place(event::Data& data, const char* name, const std::optional<Place>& place) {
  if (!place) return;
  json::Writer writer;
  writer.begin_object().member("uri", place->uri);
  if (!place->format.empty()) writer.member("format", place->format);
  writer.end_object();
  data.other.push_back({name, writer.take()});
}

void add_checksum(event::Data& data, const std::optional<Checksum>& checksum) {
  if (!checksum) return;
  json::Writer writer;
  writer.begin_object().member("alg", checksum->algorithm).member("value", checksum->value);
  writer.end_object();
  data.other.push_back({"checksum", writer.take()});
}

}  // namespace

event::Data identity_data(const Identity& identity) {
  event::Data data;
  data.task_id = identity.task_id;
  data.vm_name = identity.vm_name;
  data.provider = identity.provider;
  data.attempt = identity.attempt;
  data.host = identity.host;
  data.worker_id = identity.worker_id;
  data.user = identity.user;
  data.plan_id = identity.plan_id;
  data.mode = identity.mode;
  add_place(data, "source", identity.source);
  add_place(data, "target", identity.target);
  return data;
}

void add(event::Data& data, const Announcement& announcement) {
  data.stages = announcement.stages;
  if (!announcement.stages.empty()) data.total_stages = static_cast<std::int64_t>(announcement.stages.size());
  data.disks = announcement.disks;
  data.bytes_total = announcement.bytes_total;
}

void add(event::Data& data, const Tick& tick) {
  data.stage = tick.stage;
  data.disk_index = tick.disk_index;
  data.iteration = tick.iteration;
  data.bytes_done = tick.bytes_done;
  data.bytes_total = tick.bytes_total;
  data.percentage = tick.percentage;
  data.unit_basis = tick.unit_basis;
  data.granularity_bytes = tick.granularity_bytes;
}

void add(event::Data& data, const StageResult& result) {
  data.duration_ms = result.duration.count();
  data.bytes_done = result.bytes_done;
  add_checksum(data, result.checksum);
  if (!result.files.empty()) {
    json::Writer writer;
    writer.begin_array();
    for (const std::string& file : result.files) writer.value(file);
    writer.end_array();
    data.other.push_back({"files", writer.take()});
  }
}

void add(event::Data& data, const TaskResult& result) {
  data.duration_ms = result.duration.count();
  data.bytes_exported = result.bytes_exported;
  data.bytes_converted = result.bytes_converted;
  data.bytes_uploaded = result.bytes_uploaded;
}

void add(event::Data& data, const DiskReport& disk) {
  data.disk_index = disk.index;
  data.disk_count = disk.count;
  data.source_path = disk.source_path;
  if (!disk.target_path.empty()) data.target_path = disk.target_path;
  if (!disk.format.empty()) data.format = disk.format;
  data.bytes_done = disk.bytes_done;
  add_checksum(data, disk.checksum);
}

void add(event::Data& data, const RoundResult& round) {
  data.iteration = round.iteration;
  data.delta_bytes = round.bytes_copied;
  data.duration_ms = round.duration.count();
  if (round.bytes_dirty && round.duration.count() > 0)
    data.dirty_bytes_per_second =
        static_cast<double>(*round.bytes_dirty) * 1000 / static_cast<double>(round.duration.count());
}

void add(event::Data& data, const CutoverResult& cutover) {
  data.iteration = cutover.iteration;
  data.final_delta_bytes = cutover.bytes_final;
  data.downtime_ms = cutover.downtime.count();
}

}  // namespace godwit::producer
