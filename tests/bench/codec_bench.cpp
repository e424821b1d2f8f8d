// The codec beside what it is made of: RapidJSON alone, on the same bytes in the same run.
#include <benchmark/benchmark.h>

#include <string>

#include "common/base/check.h"
#include "common/event/codec.h"
#include "common/json/rapidjson.h"

namespace godwit {
namespace {

// 475 bytes, as a worker sends it twice a second.
const std::string tick =
    R"({"specversion":"1.0","id":"01949b3e-5a29-7029-8c4f-2b9d6e1a0029","source":"/workers/mover-03/0193a1c4-7b1e-7c52-9f0a/tasks/mig-000417",)"
    R"("type":"io.godwit.stage.progress.v1","subject":"mig-000417","time":"2026-11-14T20:41:07.125Z","sequence":"00000000000000000417",)"
    R"("data":{"vm_name":"erp-database-01-dc","provider":"vsphere","task_id":"mig-000417","attempt":1,"stage":"export","bytes_done":52613349376,)"
    R"("bytes_total":107374182400,"percentage":49.0,"bytes_per_second":257949696}})";

const std::string end =
    R"({"specversion":"1.0","id":"01949b3e-5a11-7011-8c4f-2b9d6e1a0011","source":"/workers/mover-03/0193a1c4-7b1e-7c52-9f0a/tasks/mig-000417",)"
    R"("type":"io.godwit.task.completed.v1","subject":"mig-000417","time":"2026-11-14T21:41:07.125Z","sequence":"00000000000000000999",)"
    R"("data":{"vm_name":"erp-db-01","provider":"vsphere","task_id":"mig-000417","plan_id":"wave-07","attempt":1,"user":"ann",)"
    R"("duration_ms":3600000,"bytes_exported":107374182400,"bytes_converted":107374182400,"bytes_uploaded":64424509440,)"
    R"("compression_ratio":1.67,"target_vm_id":"i-0abc","source":{"host":"esx-12","datastore":"ds-3"},"metadata":{"ticket":"CHG-1"}}})";

event::Event decoded(const std::string& json) {
  auto event = event::decode_structured(json);
  GODWIT_CHECK(event.operator bool(), "{}", event.error().message());
  return std::move(*event);
}

void count(benchmark::State& state, const std::string& json) {
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(json.size()));
  state.SetLabel(std::to_string(json.size()) + " B");
}

template <unsigned Flags>
void parse_dom(benchmark::State& state, const std::string& json) {
  for (auto _ : state) {
    rapidjson::Document document;
    document.Parse<Flags>(json.data(), json.size());
    benchmark::DoNotOptimize(document.HasParseError());
  }
  count(state, json);
}

void parse_plain(benchmark::State& state, const std::string& json) {
  parse_dom<rapidjson::kParseDefaultFlags>(state, json);
}
void parse_strict(benchmark::State& state, const std::string& json) {
  parse_dom<json::parse_flags>(state, json);
}

void decode(benchmark::State& state, const std::string& json) {
  benchmark::DoNotOptimize(decoded(json));
  for (auto _ : state) benchmark::DoNotOptimize(event::decode_structured(json));
  count(state, json);
}

void encode(benchmark::State& state, const std::string& json) {
  const event::Event event = decoded(json);
  for (auto _ : state) benchmark::DoNotOptimize(event::encode_structured(event));
  count(state, event::encode_structured(event));
}

BENCHMARK_CAPTURE(parse_plain, tick, tick);
BENCHMARK_CAPTURE(parse_strict, tick, tick);
BENCHMARK_CAPTURE(decode, tick, tick);
BENCHMARK_CAPTURE(encode, tick, tick);
BENCHMARK_CAPTURE(parse_plain, task_completed, end);
BENCHMARK_CAPTURE(parse_strict, task_completed, end);
BENCHMARK_CAPTURE(decode, task_completed, end);
BENCHMARK_CAPTURE(encode, task_completed, end);

}  // namespace
}  // namespace godwit
