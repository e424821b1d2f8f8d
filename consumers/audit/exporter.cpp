#include "consumers/audit/exporter.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/projection/store.h"

namespace godwit::audit {
namespace {

using projection::StoreUnavailable;

// A place among the exports under way, given back at its end.
class Seat {
 public:
  Seat(std::shared_ptr<std::atomic<int>> taken, int seats)
      : taken_(std::move(taken)), has_(++*taken_ <= seats) {}
  ~Seat() { --*taken_; }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  explicit operator bool() const { return has_; }

 private:
  std::shared_ptr<std::atomic<int>> taken_;
  bool has_;
};

// The same question to another instance: this page, in this format.
http::Request hop_request(const http::Request& request, const Question& question, Format format) {
  http::Request out = request;
  std::erase_if(out.query_parameters, [](const auto& parameter) {
    return parameter.first == "limit" || parameter.first == "cursor" || parameter.first == "format";
  });
  out.query_parameters.emplace_back("format", info(format).name);
  out.query_parameters.emplace_back("limit", std::to_string(question.page.rows_max));
  if (question.page.after)
    out.query_parameters.emplace_back("cursor", cursor_text(*question.page.after, question.page.order));
  return out;
}

bool complete(const cluster::Coverage& coverage) { return coverage.whole() && coverage.behind.empty(); }

// One export under way.
class Export {
 public:
  Export(const service::ViewContext& context, MakeList make_list, const ExportOptions& options,
         http::Request request, const Question& question, Format format, std::unique_ptr<Seat> seat,
         ExportEnded ended)
      : context_(context),
        make_list_(std::move(make_list)),
        options_(options),
        request_(std::move(request)),
        question_(question),
        format_(format),
        seat_(std::move(seat)),
        ended_(std::move(ended)) {
    question_.page.bytes_max = options_.page_bytes_max;
  }
  ~Export() {
    if (begun_) ended_(end_);
  }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;

  // Reads the first page.
  cluster::Coverage begin() {
    auto coverage = read_page();
    begun_ = complete(coverage);
    return coverage;
  }

  // Of the first page.
  const std::optional<std::string>& pruned_before() const { return page_.pruned_before; }

  void run(http::StreamWriter& out) {
    if (!send_text(out, head_of(format_))) return;
    while (send_page(out)) {
      if (!page_.more || rows_left() == 0) {
        end_.whole = true;
        return;
      }
      const std::string end = page_.end ? *page_.end : page_.rows.back().place;
      question_.page.after = parse_cursor(end, question_.page.order);
      if (!question_.page.after) throw StoreUnavailable{"another instance has given a page without an end"};
      read_next_page(out);
    }
  }

 private:
  cluster::Coverage read_page() {
    question_.page.rows_max = std::min(options_.page_rows_max, rows_left());
    auto gathered = cluster::gather_page(context_.peers, context_.readers,
                                         http::target_of(hop_request(request_, question_, format_)),
                                         make_list_(question_, format_));
    page_ = std::move(gathered.page);
    return std::move(gathered.coverage);
  }

  std::int64_t rows_left() const {
    return question_.rows_max ? *question_.rows_max - end_.rows : options_.page_rows_max;
  }

  // Partitions move while an export runs: whoever takes one over is waited for.
  void read_next_page(const http::StreamWriter& out) {
    for (int attempt = 1;; ++attempt) {
      if (out.stopping()) throw StoreUnavailable{"an export was cut off: this service is stopping"};
      const auto coverage = read_page();
      if (complete(coverage)) return;
      if (attempt == options_.attempts_max)
        throw StoreUnavailable{fmt::format("an export was cut off after {} rows: {}", end_.rows,
                                           cluster::not_whole(context_.peers, coverage).body)};
      context_.peers.await_news(options_.attempt_wait);
    }
  }

  bool send_page(http::StreamWriter& out) {
    std::string text;
    for (const cluster::Row& row : page_.rows) {
      text.append(row.json).append(info(format_).line_end);
      ++end_.rows;
      if (text.size() < options_.send_bytes_max) continue;
      if (!send_text(out, text)) return false;
      text.clear();
    }
    return send_text(out, text);
  }

  // In pieces, since a piece must be taken within the server's time for a write.
  bool send_text(http::StreamWriter& out, std::string_view text) const {
    while (!text.empty()) {
      if (!out.send(text.substr(0, options_.send_bytes_max))) return false;
      text.remove_prefix(std::min(text.size(), options_.send_bytes_max));
    }
    return true;
  }

  const service::ViewContext context_;
  const MakeList make_list_;
  const ExportOptions options_;
  const http::Request request_;
  Question question_;
  const Format format_;
  const std::unique_ptr<Seat> seat_;
  const ExportEnded ended_;
  cluster::Page page_;
  ExportEnd end_;
  bool begun_ = false;
};

std::string file_name(Timestamp now, Format format) {
  std::string time = format_rfc3339(now).substr(0, 19);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  return fmt::format("godwit-audit-{}Z.{}", time, info(format).name);
}

}  // namespace

http::Response Exporter::answer(const http::Request& request, const Question& question, Format format,
                                ExportEnded ended) {
  auto seat = std::make_unique<Seat>(under_way_, options_.exports_max);
  if (!*seat)
    return http::unavailable(fmt::format("{} exports are under way; try again later", options_.exports_max),
                             options_.retry_after_seconds);
  const auto run = std::make_shared<Export>(context_, make_list_, options_, request, question, format,
                                            std::move(seat), std::move(ended));
  if (const auto coverage = run->begin(); !complete(coverage))
    return cluster::not_whole(context_.peers, coverage);
  http::Response out;
  out.content_type = info(format).content_type;
  out.headers = {{"Cache-Control", "no-store"},
                 {"Content-Disposition",
                  fmt::format("attachment; filename=\"{}\"", file_name(context_.clock.now(), format))}};
  if (const auto& pruned = run->pruned_before()) out.headers.emplace_back("Godwit-Pruned-Before", *pruned);
  out.end_must_show = true;
  out.stream = [run](http::StreamWriter& stream) { run->run(stream); };
  return out;
}

}  // namespace godwit::audit
