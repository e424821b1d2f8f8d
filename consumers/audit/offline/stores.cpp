#include "consumers/audit/offline/stores.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "common/sqlite/partition_directory.h"
#include "consumers/audit/verify/verify.h"

namespace godwit::audit::offline {

Status open_stores(const std::string& data, sqlite::Readers& stores) {
  const auto serving = sqlite::serving_files(verify::store_folder(data));
  if (!serving.unreadable.empty()) return fatal_error(serving.unreadable.front());
  if (serving.files.empty()) return invalid_error(fmt::format("there is no store of the audit in {}", data));
  for (const sqlite::ServingFile& file : serving.files)
    if (const auto added = stores.add(file.name, file.path); !added) return added.error();
  return Done{};
}

std::optional<KeptHead> newest_head(const std::string& data, const ledger::Origin& origin,
                                    std::uint64_t size_max) {
  const std::string path = verify::signed_file(data);
  if (!std::filesystem::exists(path)) return std::nullopt;
  auto db = sqlite::Database::open_or_throw(path, sqlite::OpenMode::read_only);
  std::optional<KeptHead> out;
  for (KeptHead& head : kept_heads(db))
    if (head.origin == origin.text() && head.size <= size_max && (!out || head.size > out->size))
      out = std::move(head);
  return out;
}

}  // namespace godwit::audit::offline
