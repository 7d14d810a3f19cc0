"""PII006: addresses down to the house."""

from __future__ import annotations

import pytest

from governance.rules.pii006_postal_address import RULE
from tests.rules.personal import found, result_of

FIRES = [
    (
        "家住江苏省南京市鼓楼区中山路12号3单元501室。",
        ("address", "江苏省南京市鼓楼区中山路12号3单元501室"),
    ),
    ("寄到杭州市西湖区阳光花园5幢2单元301室吧", ("address", "杭州市西湖区阳光花园5幢2单元301室")),
    ("现住上海市徐汇区漕溪北路88弄3号", ("address", "上海市徐汇区漕溪北路88弄3号")),
    ("家住广东省广州市从化区将军路12号", ("address", "广东省广州市从化区将军路12号")),
    ("现将文峰区和园小区4号楼1单元201室出租", ("address", "文峰区和园小区4号楼1单元201室")),
    ("公司位于北京市西城区金融大街25号", ("street", "北京市西城区金融大街25号")),
    ("注册地址：上海市普陀区云岭东路89号12层1202室", ("street", "上海市普陀区云岭东路89号12层1202室")),
    (
        "I live at 12 Oak Street, Apt 4B, Boston, MA 02116",
        ("address", "12 Oak Street, Apt 4B, Boston, MA 02116"),
    ),
    (
        "Inc., 59 Temple Place, Suite 330, Boston, MA 02111-1307 USA",
        ("street", "59 Temple Place, Suite 330, Boston, MA 02111-1307"),
    ),
    ("He is at 221B Baker Street, London NW1 6XE now", ("street", "221B Baker Street, London NW1 6XE")),
]


@pytest.mark.parametrize(("text", "expected"), FIRES)
def test_addresses_are_found(text: str, expected: tuple[str, str]) -> None:
    assert [expected] == found(RULE, text)


NEAR_MISSES = [
    "朝阳区的房价高于海淀区",
    "沿中山路向东走500米",
    "第12号台风将于8月登陆",
    "地铁10号线与5号线换乘",
    "根据第三条第2号公告",
    "第3单元 财务报表分析 第501页",
    "一条路走到底，2号方案更优",
    "5 Year Treasury yield on Wall Street",
    "In 2008 Lehman Brothers left Wall Street",
    "100 Percent Owned Drive business",
    "20 Main Street banks failed",
]


@pytest.mark.parametrize("text", NEAR_MISSES)
def test_other_words_are_not(text: str) -> None:
    assert [] == found(RULE, text)


def test_a_home_is_a_warning_and_a_house_a_note() -> None:
    texts = "家住北京市海淀区中关村大街27号", "公司位于北京市西城区金融大街25号"

    assert {("address", "warning"), ("street", "note")} == {
        (f["kind"], f["severity"]) for f in result_of(RULE, *texts).findings.to_pylist()
    }
