#include <type_traits>

#include "common/event/codec.h"
#include "common/event/fields.h"

namespace godwit::event {
namespace {

void write(json::Writer& out, const Failure& failure) {
  out.begin_object().member("code", failure.code).member("message", failure.message);
  out.member_if("retryable", failure.retryable)
      .member_if("class", failure.error_class)
      .member_if("phase", failure.phase);
  out.member_if("exit_code", failure.exit_code).member_if("signal", failure.signal);
  out.member_if("stderr_tail", failure.stderr_tail).end_object();
}

void write(json::Writer& out, const std::vector<StagePlan>& stages) {
  out.begin_array();
  for (const StagePlan& stage : stages)
    out.begin_object().member("stage", stage.stage).member_if("weight", stage.weight).end_object();
  out.end_array();
}

void write(json::Writer& out, const std::vector<DiskInfo>& disks) {
  out.begin_array();
  for (const DiskInfo& disk : disks) {
    out.begin_object().member("index", disk.index).member_if("name", disk.name);
    out.member_if("bytes_virtual", disk.bytes_virtual)
        .member_if("bytes_allocated", disk.bytes_allocated)
        .end_object();
  }
  out.end_array();
}

}  // namespace

bool is_present(const Data& data, const Field& field) {
  return std::visit(
      [&](auto slot) {
        using S = decltype(slot);
        if constexpr (std::is_same_v<S, Composite>) {
          return find_other(data, field.name) != nullptr;
        } else if constexpr (std::is_same_v<S, std::vector<StagePlan> Data::*> ||
                             std::is_same_v<S, std::vector<DiskInfo> Data::*>) {
          return !(data.*slot).empty();
        } else {
          return (data.*slot).has_value();
        }
      },
      field.slot);
}

void write_data(json::Writer& out, const Data& data) {
  out.begin_object();
  for (const Field& field : fields()) {
    if (std::holds_alternative<Composite>(field.slot) || !is_present(data, field)) continue;
    out.key(field.name);
    std::visit(
        [&](auto slot) {
          using S = decltype(slot);
          if constexpr (std::is_same_v<S, std::optional<Failure> Data::*>) {
            write(out, *(data.*slot));
          } else if constexpr (std::is_same_v<S, std::vector<StagePlan> Data::*> ||
                               std::is_same_v<S, std::vector<DiskInfo> Data::*>) {
            write(out, data.*slot);
          } else if constexpr (!std::is_same_v<S, Composite>) {
            out.value(*(data.*slot));
          }
        },
        field.slot);
  }
  for (const OtherMember& member : data.other) out.member_raw(member.name, member.json);
  out.end_object();
}

std::string encode_data(const Data& data) {
  json::Writer out;
  write_data(out, data);
  return out.take();
}

std::vector<std::pair<std::string, std::string>> encode_attributes(const Event& event) {
  std::vector<std::pair<std::string, std::string>> out{
      {"specversion", "1.0"},    {"id", event.id},           {"source", event.source},
      {"type", event.type_name}, {"subject", event.subject}, {"time", format_rfc3339(event.time)}};
  if (event.sequence) out.emplace_back("sequence", *event.sequence);
  if (event.traceparent) out.emplace_back("traceparent", *event.traceparent);
  if (event.dataschema) out.emplace_back("dataschema", *event.dataschema);
  out.insert(out.end(), event.extensions.begin(), event.extensions.end());
  return out;
}

std::string encode_structured(const Event& event) {
  json::Writer out;
  out.begin_object();
  for (const auto& [name, value] : encode_attributes(event)) out.member(name, value);
  out.member("datacontenttype", "application/json");
  out.key("data");
  write_data(out, event.data);
  out.end_object();
  return out.take();
}

}  // namespace godwit::event
