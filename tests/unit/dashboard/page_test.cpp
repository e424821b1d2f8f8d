// The page as it is served, whichever the build has: the real one, or the note in its place. How it looks and
// behaves is for a browser to say.
#include <doctest/doctest.h>

#include <string>

#include "consumers/dashboard/page.h"
#include "rig.h"

using namespace godwit;
using test::header;
using test::Rig;

TEST_CASE("the page and its assets are served with a strict policy") {
  const Rig rig;
  for (const auto& asset : dashboard::assets()) {
    CAPTURE(asset.path);
    const auto response = rig.get(std::string{asset.path});
    CHECK(response.status == 200);
    CHECK(response.content_type == asset.content_type);
    CHECK(response.body == asset.body);
    CHECK(response.body.size() > 100);
    CHECK(header(response, "Content-Security-Policy").starts_with("default-src 'none'; script-src 'self';"));
    CHECK(header(response, "X-Content-Type-Options") == "nosniff");
    const bool page = asset.path == "/";
    CHECK(header(response, "Cache-Control") == (page ? "no-cache" : "public, max-age=31536000, immutable"));
  }
  CHECK(rig.get("/").content_type == "text/html; charset=utf-8");
  CHECK(rig.get("/assets/").status == 404);
  CHECK(rig.get("/assets/../main.cpp").status == 404);
}

TEST_CASE("who takes gzip gets the packed form, who does not the plain one") {
  const Rig rig;
  for (const auto& asset : dashboard::assets()) {
    if (asset.gzip.empty()) continue;
    CAPTURE(asset.path);
    const auto packed = rig.get(std::string{asset.path}, {{"Accept-Encoding", "br, gzip"}});
    CHECK(header(packed, "Content-Encoding") == "gzip");
    CHECK(packed.body.starts_with("\x1f\x8b"));
    CHECK(packed.body.size() < asset.body.size());
    CHECK(header(rig.get(std::string{asset.path}), "Content-Encoding").empty());
    CHECK(header(packed, "Vary") == "Accept-Encoding");
  }
}

TEST_CASE("who has the same bytes already gets 304 and no body") {
  const Rig rig;
  const std::string etag = header(rig.get("/"), "ETag");
  REQUIRE(etag.size() == 18);
  for (const std::string& tags : {etag, "W/" + etag, "\"other\", " + etag, std::string{"*"}}) {
    const auto response = rig.get("/", {{"If-None-Match", tags}});
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(header(response, "ETag") == etag);
  }
  CHECK(rig.get("/", {{"If-None-Match", "\"other\""}}).status == 200);
}

TEST_CASE("a link into the page survives a reload, whatever it asks for") {
  const Rig rig;
  const std::string page = rig.get("/").body;
  for (const char* address : {"/migrations", "/migrations/web-1?x=1", "/plans", "/plans/wave%201",
                              "/pipeline", "/audit?q=a", "/audit/e-1?source=/w", "/notifications"})
    CHECK(rig.get(address).body == page);
  CHECK(rig.get("/nonsense").status == 404);
}

TEST_CASE("the page holds nothing inline and names nothing elsewhere") {
  const Rig rig;
  const std::string html = rig.get("/").body;
  for (const char* banned : {"http:", "https:", "src=\"//", "style=", "<style", "onclick=", "<script>"})
    CHECK(html.find(banned) == std::string::npos);
}

TEST_CASE("every file the page names is there") {
  const Rig rig;
  const std::string html = rig.get("/").body;
  for (std::size_t at = html.find("\"/assets/"); at != std::string::npos;
       at = html.find("\"/assets/", at + 1)) {
    const std::string path = html.substr(at + 1, html.find('"', at + 1) - at - 1);
    CAPTURE(path);
    CHECK(rig.get(path).status == 200);
  }
}
