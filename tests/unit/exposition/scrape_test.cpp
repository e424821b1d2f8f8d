// What a client accepts decides what it gets.
#include "common/service/scrape.h"

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>

#include "common/http/gzip.h"

namespace godwit::service {
namespace {

using metrics::Format;

http::Request asking(const std::string& accept, const std::string& encoding = "") {
  auto request = http::make_request("GET", "/metrics").value();
  if (!accept.empty()) request.headers.emplace_back("Accept", accept);
  if (!encoding.empty()) request.headers.emplace_back("Accept-Encoding", encoding);
  return request;
}

std::string unzipped(const std::string& coded, std::size_t bytes_max) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string in = coded;
  std::string out(bytes_max, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(inflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

std::string header_of(const http::Response& response, const std::string& name) {
  for (const auto& [known, value] : response.headers)
    if (known == name) return value;
  return "";
}

TEST_CASE("the format of the highest weight that we have, else 0.0.4") {
  const std::string prometheus_2 =
      "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
      "text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
  const std::string prometheus_3 =
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.2,"
      "*/*;q=0.1";
  for (const std::string& accept :
       {prometheus_2, prometheus_3, std::string{"application/openmetrics-text"}}) {
    CAPTURE(accept);
    CHECK(format_for(asking(accept)) == Format::openmetrics);
  }
  for (const char* accept :
       {"", "*/*", "text/html", "application/openmetrics-text;version=2.0.0",
        "application/openmetrics-text;version=1.0.0;q=0", "text/plain, application/openmetrics-text",
        "application/openmetrics-text;q=0.1,text/plain;version=0.0.4;q=0.2"}) {
    CAPTURE(accept);
    CHECK(format_for(asking(accept)) == Format::text);
  }
}

TEST_CASE("the page says which it is, and is compressed only for who takes gzip") {
  const auto page = [](const http::Request& request) {
    metrics::Exposition out = open_page(request);
    out.family("x_total", metrics::Kind::counter, std::string(2000, 'h'));
    out.sample({}, std::uint64_t{1});
    return page_response(request, std::move(out));
  };
  const auto plain = page(asking("text/plain"));
  CHECK(plain.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(header_of(plain, "Content-Encoding").empty());
  CHECK(header_of(plain, "Vary") == "Accept, Accept-Encoding");
  const auto open = page(asking("application/openmetrics-text; version=1.0.0"));
  CHECK(open.content_type == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(open.body.ends_with("\n# EOF\n"));
  const auto coded = page(asking("text/plain", "gzip"));
  CHECK(header_of(coded, "Content-Encoding") == "gzip");
  CHECK(coded.body.size() < plain.body.size() / 10);
  CHECK(unzipped(coded.body, plain.body.size()) == plain.body);
  CHECK(page(asking("text/plain", "gzip;q=0")).body == plain.body);
}

TEST_CASE("what is compressed comes back whole, also when there is nothing and when it does not shrink") {
  std::string noise(100'000, '\0');
  std::uint32_t state = 1;
  std::generate(noise.begin(), noise.end(), [&] {
    state = state * 1664525U + 1013904223U;
    return static_cast<char>(state >> 24U);
  });
  for (const std::string& text : {std::string{}, std::string{"a"}, noise})
    CHECK(unzipped(http::gzip(text), text.size() + 1) == text);
}

}  // namespace
}  // namespace godwit::service
