// FrozenFile: a partition file of an older version, which serves what it holds while its successor is built.
#pragma once

#include <string>
#include <vector>

#include "common/projection/store.h"
#include "common/sqlite/partition_directory.h"
#include "common/sqlite/readers.h"

namespace godwit::sqlite {

class FrozenFile final : public projection::PartitionStore {
 public:
  static Result<std::unique_ptr<projection::PartitionStore>> open(FilePlace place, Readers& readers);
  ~FrozenFile() override;

  std::vector<stream::Position> positions() const override { return positions_; }
  std::string frozen() const override;
  void begin() override;
  std::optional<stream::Offset> position(const stream::Record&) const override { return std::nullopt; }
  void fold(const stream::Record&, const event::Event&) override {}
  void dead_letter(const stream::Record&, const event::Refusal&) override {}
  void advance(const stream::Record&) override {}
  projection::Touched commit() override { return {}; }
  void rollback() override {}
  // What is left is carried over to the successor.
  std::vector<projection::DeadLetter> unpublished(std::size_t) override { return {}; }
  void mark_published(const std::vector<std::int64_t>&) override {}

 private:
  FrozenFile(FilePlace place, Readers& readers, Readers::Ticket ticket)
      : place_(std::move(place)), readers_(readers), ticket_(ticket) {}

  FilePlace place_;
  Readers& readers_;
  Readers::Ticket ticket_;
  std::vector<stream::Position> positions_;
};

}  // namespace godwit::sqlite
