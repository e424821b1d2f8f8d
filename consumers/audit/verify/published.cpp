#include "consumers/audit/verify/published.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "common/base/base64.h"
#include "common/json/fields.h"
#include "common/sqlite/database.h"
#include "consumers/audit/signed_heads.h"

namespace godwit::audit::verify {
namespace {

namespace fs = std::filesystem;

// `value` is {"note":...,"frontier":...}, or that as a text.
std::optional<Published> read_value(const json::Object& value) {
  const auto note = value.text("note");
  const auto frontier = value.text("frontier");
  const auto bytes = frontier ? from_base64(*frontier) : std::nullopt;
  if (!note || !bytes) return std::nullopt;
  return Published{.place = {}, .origin = {}, .note = *note, .frontier = *bytes};
}

std::optional<Published> read_line(const std::string& line) {
  rapidjson::Document document;
  document.Parse<json::parse_flags>(line.data(), line.size());
  if (document.HasParseError()) return std::nullopt;
  const json::Object record{document};
  const auto origin = record.text("key");
  const auto* value = record.find("value");
  if (!origin || value == nullptr) return std::nullopt;
  rapidjson::Document inner;
  if (const auto text = record.text("value")) {
    inner.Parse<json::parse_flags>(text->data(), text->size());
    if (inner.HasParseError()) return std::nullopt;
    value = &inner;
  }
  auto out = read_value(json::Object{*value});
  if (out) out->origin = *origin;
  return out;
}

}  // namespace

Result<std::vector<Published>> read_signed_file(const std::string& path) {
  std::vector<Published> out;
  if (!fs::exists(path)) return out;
  try {
    auto db = sqlite::Database::open_or_throw(path, sqlite::OpenMode::read_only);
    for (KeptHead& head : kept_heads(db))
      out.push_back({.place = fs::path{path}.filename(),
                     .origin = std::move(head.origin),
                     .note = std::move(head.note),
                     .frontier = std::move(head.frontier),
                     .size = head.size,
                     .root = std::move(head.root)});
  } catch (const sqlite::StoreFailure& failure) {
    return fatal_error(failure.what());
  }
  return out;
}

Result<std::vector<Published>> read_export(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return invalid_error(fmt::format("{} cannot be read", path));
  std::vector<Published> out;
  std::string line;
  for (std::int64_t number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    auto published = read_line(line);
    if (!published)
      return invalid_error(fmt::format(
          "{}:{}: no record of a checkpoint; write the file with `godwit tail --format log`", path, number));
    published->place = fmt::format("{}:{}", fs::path{path}.filename().string(), number);
    out.push_back(std::move(*published));
  }
  return out;
}

}  // namespace godwit::audit::verify
