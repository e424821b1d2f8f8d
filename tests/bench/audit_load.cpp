#include "tests/bench/audit_load.h"

#include <fmt/format.h>

#include <array>

#include "common/base/check.h"
#include "common/stream/event_record.h"

namespace godwit::bench {
namespace {

using event::Type;

constexpr std::array types{Type::task_started, Type::task_paused, Type::task_resumed, Type::task_paused};
constexpr std::array providers{"vsphere", "proxmox", "hyperv", "ovirt"};

}  // namespace

std::string task_of(std::int64_t number) {
  return fmt::format("0199c3d2-5a1b-7c3e-9f00-{:012x}", number / events_per_task);
}
std::string vm_of(std::int64_t number) { return fmt::format("vm-{:05}", number / events_per_task % vms); }
std::string user_of(std::int64_t number) {
  return fmt::format("user-{:03}@example.com", number / events_per_task * 7 % users);
}
std::string provider_of(std::int64_t number) {
  return providers[static_cast<std::size_t>(number / events_per_task * 7 % users) % providers.size()];
}

event::Event load_event(std::int64_t number) {
  event::Event out;
  out.id = fmt::format("0199{:08x}-7000-8000-{:012x}", number >> 8, number);
  out.source = fmt::format("/workers/host-{}", number % 8);
  out.subject = task_of(number);
  out.type = types[static_cast<std::size_t>(number % static_cast<std::int64_t>(types.size()))];
  out.type_name = event::full_type(out.type);
  out.time = from_unix_ms(first_ms + number * ms_between);
  out.data.vm_name = vm_of(number);
  out.data.provider = provider_of(number);
  out.data.user = user_of(number);
  out.data.attempt = 1;
  out.data.other.push_back({"note", fmt::format("\"{:x<150}\"", number)});
  return out;
}

std::vector<Load::Item> Load::make(std::int64_t first, std::int64_t count) {
  std::vector<Item> out;
  out.reserve(static_cast<std::size_t>(count));
  for (std::int64_t number = first; number < first + count; ++number)
    out.push_back({stream::encode(load_event(number)), load_event(number)});
  GODWIT_CHECK(stream::decode(record_of(out.front(), 0, 0)).ok(), "event {} is none", first);
  return out;
}

stream::Record record_of(const Load::Item& item, std::int32_t partition, std::int64_t offset) {
  stream::Record out{.topic = "migrations.lifecycle",
                     .partition = stream::Partition{partition},
                     .offset = stream::Offset{offset},
                     .timestamp = item.event.time,
                     .key = *item.out.key,
                     .value = *item.out.value,
                     .headers = {}};
  for (const auto& [name, value] : item.out.headers) out.headers.push_back({name, value});
  return out;
}

}  // namespace godwit::bench
