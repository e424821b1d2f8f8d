#include "consumers/audit/keep/archive.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "common/base/durable.h"
#include "common/json/fields.h"
#include "consumers/audit/keep/zstd_file.h"

namespace godwit::audit::keep {
namespace {

namespace fs = std::filesystem;

constexpr unsigned archived_mode = 0440;

std::string manifest_path(const std::string& archive, const Segment& segment) {
  return fmt::format("{}/{}", archive_folder(archive, segment), manifest_name(segment.first_index));
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::nullopt;
  return std::string{std::istreambuf_iterator<char>{file}, {}};
}

std::vector<std::int64_t> redacted_in(const rapidjson::Document& manifest) {
  std::vector<std::int64_t> out;
  json::Object{manifest}.each("redacted", [&](const rapidjson::Value& index) {
    if (index.IsInt64()) out.push_back(index.GetInt64());
  });
  return out;
}

// The SHA-256 that the archived manifest gives for its file, when it is one of these records.
Result<ledger::Digest> archived_sha256(const std::string& archive, const Segment& segment) {
  const std::string path = manifest_path(archive, segment);
  const auto text = read_file(path);
  if (!text) return invalid_error(fmt::format("{} is missing", path));
  rapidjson::Document document;
  document.Parse<json::parse_flags>(text->data(), text->size());
  if (document.HasParseError()) return invalid_error(fmt::format("{} is no manifest", path));
  const auto hex = json::Object{document}.text("file_sha256");
  ledger::Digest out = {};
  for (std::size_t i = 0; hex && hex->size() == 2 * out.size() && i < out.size(); ++i)
    std::from_chars(hex->data() + 2 * i, hex->data() + 2 * i + 2, out.at(i), 16);
  if (*text != manifest_json(segment, out, redacted_in(document)))
    return invalid_error(fmt::format("{} is not the manifest of these records", path));
  return out;
}

struct Scratch {
  explicit Scratch(std::string where) : path(std::move(where)) { fs::remove(path); }
  ~Scratch() {
    std::error_code error;
    fs::remove(path, error);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string path;
};

Status unpack(const std::string& packed, const ledger::Digest& expected, const std::string& path) {
  if (Status unpacked = decompress_file(packed, path); !unpacked) return unpacked;
  const auto sha256 = sha256_of_file(path);
  if (!sha256) return sha256.error();
  if (*sha256 != expected) return invalid_error(fmt::format("{} is not the file that was sealed", packed));
  return Done{};
}

Status write_archived(const std::string& archive, const Segment& segment, const std::string& path) {
  const auto manifest = read_file(fs::path{path}.parent_path() / manifest_name(segment.first_index));
  if (!manifest) return transient_error(fmt::format("the manifest of {} cannot be read", path));
  const auto sha256 = sha256_of_file(path);
  if (!sha256) return sha256.error();
  const std::string packed = archived_path(archive, segment);
  fs::create_directories(archive_folder(archive, segment));
  const Scratch draft{packed + ".part"}, again{packed + ".check"};
  if (Status done = compress_file(path, draft.path); !done) return done;
  if (Status synced = sync_file(draft.path); !synced) return synced;
  if (Status same = unpack(draft.path, *sha256, again.path); !same) return same;
  fs::permissions(draft.path, fs::perms::owner_read | fs::perms::group_read);
  if (Status named = rename_durably(draft.path, packed); !named) return named;
  return write_durably(manifest_path(archive, segment), *manifest, archived_mode);
}

}  // namespace

std::string archive_folder(const std::string& archive, const Segment& segment) {
  return fmt::format("{}/{}-{:04}", archive, segment.topic, segment.partition);
}

std::string archived_path(const std::string& archive, const Segment& segment) {
  return fmt::format("{}/{}.zst", archive_folder(archive, segment), sealed_file_name(segment.first_index));
}

Status archive_segment(const std::string& archive, const Segment& segment, const std::string& path) {
  try {
    if (fs::exists(manifest_path(archive, segment))) {
      const Scratch again{archived_path(archive, segment) + ".check"};
      if (restore_segment(archive, segment, again.path)) return Done{};
    }
    return write_archived(archive, segment, path);
  } catch (const fs::filesystem_error& failure) {
    return transient_error(failure.what());
  }
}

Status restore_segment(const std::string& archive, const Segment& segment, const std::string& path) {
  const auto sha256 = archived_sha256(archive, segment);
  if (!sha256) return sha256.error();
  return unpack(archived_path(archive, segment), *sha256, path);
}

}  // namespace godwit::audit::keep
