#include "common/sqlite/frozen_file.h"

#include <fmt/format.h>

namespace godwit::sqlite {

Result<std::unique_ptr<projection::PartitionStore>> FrozenFile::open(FilePlace place, Readers& readers) {
  try {
    Database db = Database::open_or_throw(place.path, OpenMode::read_only);
    auto ticket = readers.add(place.name, place.path);
    if (!ticket) return ticket.error();
    std::unique_ptr<FrozenFile> file{new FrozenFile(std::move(place), readers, *ticket)};  // NOLINT: private
    auto rows = db.prepare("SELECT topic, partition, next_offset FROM position");
    while (rows.step())
      file->positions_.push_back(
          {{std::string{rows.text(0)}, stream::Partition{static_cast<std::int32_t>(rows.integer(1))}},
           stream::Offset{rows.integer(2)}});
    return std::unique_ptr<projection::PartitionStore>{std::move(file)};
  } catch (const StoreFailure& failure) {
    return failure.corrupt() ? fatal_error(failure.what()) : transient_error(failure.what());
  }
}

FrozenFile::~FrozenFile() { readers_.remove(place_.name, ticket_); }

std::string FrozenFile::frozen() const {
  return fmt::format("serves what {} holds, until it is rebuilt for this version", place_.path);
}

void FrozenFile::begin() { throw projection::StoreUnavailable{frozen()}; }

}  // namespace godwit::sqlite
