#include "producers/worker/parse/qmp.h"

#include <fmt/format.h>

#include "common/json/fields.h"
#include "common/json/writer.h"

namespace godwit::worker::parse {
namespace {

using json::Object;

rapidjson::Document parsed(std::string_view text) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text.data(), text.size());
  return document;
}

std::string text_or_empty(const rapidjson::Value* value) {
  return value == nullptr ? "{}" : json::text_of(*value);
}

}  // namespace

Result<QmpMessage> qmp_message(std::string_view line) {
  const auto document = parsed(line);
  if (document.HasParseError() || !document.IsObject())
    return invalid_error(fmt::format("no QMP: {}", line.substr(0, 200)));
  const Object message{document};
  if (const auto* error = message.find("error"); error != nullptr)
    return QmpMessage{QmpMessage::Kind::refusal, "", Object{*error}.text("desc").value_or("refused"), ""};
  if (const auto name = message.text("event"))
    return QmpMessage{QmpMessage::Kind::event, *name, "", text_or_empty(message.find("data"))};
  if (const auto* value = message.find("return"); value != nullptr)
    return QmpMessage{QmpMessage::Kind::answer, "", "", json::text_of(*value)};
  if (message.find("QMP") != nullptr) return QmpMessage{QmpMessage::Kind::greeting, "", "", "{}"};
  return invalid_error(fmt::format("no QMP: {}", line.substr(0, 200)));
}

std::string qmp_command(std::string_view name, std::string_view arguments) {
  json::Writer writer;
  writer.begin_object().member("execute", name).member_raw("arguments", arguments).end_object();
  return writer.take() + '\n';
}

std::optional<QmpJob> qmp_job(std::string_view jobs, std::string_view id) {
  const auto document = parsed(jobs);
  if (document.HasParseError() || !document.IsArray()) return std::nullopt;
  for (const auto& element : document.GetArray()) {
    const Object job{element};
    if (job.text("id") != id) continue;
    return QmpJob{job.integer("current-progress").value_or(0), job.integer("total-progress").value_or(0)};
  }
  return std::nullopt;
}

std::optional<QmpJobEnd> qmp_job_end(const QmpMessage& message) {
  const bool cancelled = message.name == "BLOCK_JOB_CANCELLED";
  if (message.kind != QmpMessage::Kind::event || (!cancelled && message.name != "BLOCK_JOB_COMPLETED"))
    return std::nullopt;
  const auto document = parsed(message.json);
  const Object data{document};
  QmpJobEnd end;
  end.id = data.text("device").value_or("");
  end.bytes_done = data.integer("offset").value_or(0);
  end.bytes_total = data.integer("len").value_or(0);
  end.error = data.text("error").value_or("");
  end.cancelled = cancelled;
  return end;
}

std::optional<std::int64_t> qmp_dirty_bytes(std::string_view nodes, std::string_view node,
                                            std::string_view bitmap) {
  const auto document = parsed(nodes);
  if (document.HasParseError() || !document.IsArray()) return std::nullopt;
  std::optional<std::int64_t> found;
  for (const auto& element : document.GetArray()) {
    const Object candidate{element};
    if (candidate.text("node-name") != node) continue;
    candidate.each("dirty-bitmaps", [&](const rapidjson::Value& value) {
      const Object marks{value};
      if (marks.text("name") == bitmap) found = marks.integer("count");
    });
  }
  return found;
}

}  // namespace godwit::worker::parse
