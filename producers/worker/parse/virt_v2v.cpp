#include "producers/worker/parse/virt_v2v.h"

#include "common/json/fields.h"
#include "producers/worker/parse/number.h"

namespace godwit::worker::parse {

std::optional<V2vRecord> virt_v2v_record(std::string_view line) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(line.data(), line.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  const json::Object record{document};
  const auto type = record.text("type");
  const auto message = record.text("message");
  if (!type || !message) return std::nullopt;
  using Kind = V2vRecord::Kind;
  if (*type == "message") return V2vRecord{Kind::message, *message};
  if (*type == "info") return V2vRecord{Kind::info, *message};
  if (*type == "warning") return V2vRecord{Kind::warning, *message};
  if (*type == "error") return V2vRecord{Kind::error, *message};
  return std::nullopt;
}

std::optional<int> virt_v2v_bar(std::string_view frame) {
  if (!take_suffix(frame, "]")) return std::nullopt;
  const std::size_t open = frame.rfind("% [");
  if (open == std::string_view::npos) return std::nullopt;
  const std::string_view cells = frame.substr(open + 3);
  if (cells.empty() || cells.find_first_not_of("*-") != std::string_view::npos) return std::nullopt;
  const std::string_view before = frame.substr(0, open);
  const std::size_t blank = before.rfind(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto percent = number<int>(before.substr(blank + 1));
  if (!percent || *percent < 0 || *percent > 100) return std::nullopt;
  return percent;
}

}  // namespace godwit::worker::parse
