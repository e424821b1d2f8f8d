#include "producers/worker/plan/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "producers/worker/file.h"
#include "producers/worker/parse/number.h"

namespace godwit::worker {
namespace {

constexpr std::array<std::pair<JournalWord, std::string_view>, 4> words{{
    {JournalWord::started, "started"},
    {JournalWord::completed, "completed"},
    {JournalWord::failed, "failed"},
    {JournalWord::cancelled, "cancelled"},
}};

std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

bool fold_line(std::string_view line, TaskRecords& records) {
  const std::string_view name = take_word(line);
  const std::string task_id{take_word(line)};
  const auto attempt = parse::number<std::int64_t>(line);
  const auto known =
      std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.second == name; });
  if (known == words.end() || task_id.empty() || !attempt) return false;
  TaskRecord& record = records[task_id];
  record.attempts = std::max(record.attempts, *attempt);
  if (known->first == JournalWord::completed) record.is_completed = true;
  return true;
}

}  // namespace

std::string journal_line(JournalWord word, std::string_view task_id, std::int64_t attempt) {
  const auto known =
      std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.first == word; });
  return fmt::format("{} {} {}\n", known->second, task_id, attempt);
}

Result<TaskRecords> fold_journal(std::string_view text) {
  TaskRecords records;
  for (int number = 1; text.find('\n') != std::string_view::npos; ++number) {
    if (!fold_line(text.substr(0, text.find('\n')), records))
      return invalid_error(fmt::format("line {}: no line of a plan's journal", number));
    text.remove_prefix(text.find('\n') + 1);
  }
  return records;
}

Result<std::unique_ptr<Journal>> Journal::open(const std::string& path) {
  std::unique_ptr<Journal> journal{new Journal{path + ".lock"}};  // NOLINT: the constructor is private
  if (journal->lock_.errno_on_open() != 0)
    return invalid_error(fmt::format("{}: {}", path, std::strerror(journal->lock_.errno_on_open())));
  if (!journal->lock_.held()) return invalid_error(fmt::format("{}: another worker runs this plan", path));
  std::ifstream before{path, std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{before}, {}};
  auto records = fold_journal(text);
  if (!records) return invalid_error(fmt::format("{}: {}", path, records.error().message));
  journal->records_ = std::move(*records);
  journal->file_ = Descriptor{::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)};
  if (!journal->file_.is_open()) return invalid_error(fmt::format("{}: {}", path, std::strerror(errno)));
  // A line that was never finished must not become the beginning of the next one.
  const std::size_t whole = text.empty() ? 0 : text.rfind('\n') + 1;
  if (whole < text.size() && ftruncate(journal->file_.get(), static_cast<off_t>(whole)) != 0)
    return invalid_error(fmt::format("{}: {}", path, std::strerror(errno)));
  return journal;
}

Status Journal::add(JournalWord word, std::string_view task_id, std::int64_t attempt) {
  if (Status put = write_all(file_, journal_line(word, task_id, attempt)); !put) return put;
  return sync(file_);
}

}  // namespace godwit::worker
