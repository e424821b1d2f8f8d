// NdjsonLog: a log in a file, one record per line, as `godwit tail --format log` writes it (README.md has the
// format), and the Source that folds it without a broker.
#pragma once

#include <cstdio>
#include <istream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/stream/source.h"

namespace godwit::stream {

// One line, without its end.
std::string to_log_line(const Record& record);

// A record that owns its bytes.
struct LoggedRecord {
  TopicPartition at;
  Offset offset;
  Timestamp timestamp;
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;

  Record view() const;
};
// Invalid, with what is wrong, for anything to_log_line() would not have written.
Result<LoggedRecord> parse_log_line(std::string_view line);

// Partitions are assigned when their first record comes. Positions are skipped to by reading on: the file is
// read from its start again when a partition is resumed. poll() is `fatal` for a line that is no record; it
// names file and line.
class NdjsonSource final : public Source {
 public:
  // A record of 1 MiB, Kafka's largest by default, with every byte escaped.
  static constexpr std::size_t line_bytes_max = std::size_t{8} * 1024 * 1024;

  // Records of other topics are passed over. The listener must outlive the source. Invalid when the file
  // cannot be read.
  static Result<std::unique_ptr<NdjsonSource>> open(const std::string& path, std::set<std::string> topics,
                                                    AssignmentListener& listener);

  Result<Batch> poll(const PollLimits& limits) override;
  void report(const std::vector<Position>&) override {}
  std::vector<Watermark> watermarks() const override;
  void pause(const std::vector<TopicPartition>& partitions) override;
  Status resume(const std::vector<Position>& positions) override;
  // Not a cluster's: a directory folded from a file is never mixed with one folded from Kafka.
  std::string cluster_id() override { return "file"; }
  std::map<std::string, std::int32_t> partition_counts() const override { return {}; }
  void close() override;

  // Everything was handed out.
  bool at_end() const { return at_end_; }

 private:
  NdjsonSource(std::string path, std::set<std::string> topics, AssignmentListener& listener,
               std::unique_ptr<std::istream> file)
      : path_(std::move(path)), topics_(std::move(topics)), listener_(listener), file_(std::move(file)) {}
  // nullopt at the end of the file.
  Result<std::optional<LoggedRecord>> next();

  std::string path_;
  std::set<std::string> topics_;
  AssignmentListener& listener_;
  std::unique_ptr<std::istream> file_;
  std::int64_t line_ = 0;
  bool at_end_ = false;
  std::map<TopicPartition, Offset> ends_;  // of the assigned partitions: after the last record seen
  std::set<TopicPartition> refused_;       // the listener does not want them
  std::set<TopicPartition> paused_;
  std::optional<Error> broken_;
};

}  // namespace godwit::stream
