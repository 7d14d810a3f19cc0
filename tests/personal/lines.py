"""Lines with their personal data marked, and lines that only look as if they had some; half Chinese, half English.

A template holds its value as {}: numbers come from a seed, contexts and near misses are written by hand.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.personal import numbers as n


@dataclass(frozen=True)
class Line:
    """A text, and the (kind, words) in it that a detector must name."""

    text: str
    marks: tuple[tuple[str, str], ...] = ()


EMAILS = (
    "我的邮箱是{}，请把合同发给我。",
    "联系人：王先生，E-mail：{}",
    "简历投递至{}即可",
    "如未收到验证码，请确认注册邮箱{}是否正确",
    "{}这个账号是他本人在用",
    "客户李娜（{}）昨天来电投诉理财产品亏损",
    "抄送：{}；主送：信贷部",
    "把对账单发到「{}」，谢谢！",
    "Please write to {} before Friday.",
    "From: Jane Roe <{}>",
    "My e-mail is {}; I never got the statement.",
    '{{"name": "Li", "email": "{}"}}',
    "Send the K-1 to {}, cc: compliance",
    "contact ({}) for the draft",
    "mailto:{}?subject=loan",
    "Customer {} disputes the charge",
)
MOBILES = (
    "请拨打{}联系张女士",
    "手机{}，微信同号",
    "本人电话：{}。",
    "客户王小明，{}，已逾期三期",
    "收货人李四{}北京市",
    "他的号码是{}，晚上再打",
    "张三-{}-北京分行",
    "联系方式 {}（同微信）",
    "有意者请致电{}咨询贷款",
    "短信已发送至{}，请查收验证码",
    "Call Mr Wang on {} after six.",
    "name,phone\nLi Na,{},Shanghai",
    "Her Chinese mobile is {}.",
    "WhatsApp/WeChat: {}",
)
LANDLINES = (
    "座机{}",
    "公司前台电话：{}，转王经理",
    "如有疑问请致电{}咨询",
    "传真：{}",
    "办公电话{}，周末无人接听",
    "Beijing office, tel. {}",
    "Fax: {}",
)
FOREIGN_PHONES = (
    "Call me at {} tomorrow.",
    "Phone: {}",
    "You can reach John on {} or by mail.",
    "He left his number, {}, with the teller",
    "Home {} / work same",
    "Borrower's contact number is {}.",
    "他在美国的电话是{}",
    "海外客户联系电话：{}",
)
RESIDENT_IDS = (
    "身份证号{}",
    "公民身份号码：{}，住址见下",
    "借款人张伟，身份证{}，向贵行申请贷款。",
    "{}是他的身份证",
    "开户需提供证件号码（{}）",
    "王芳，女，{}，系该公司股东",
    "被告：刘强，男，身份证号码为{}。",
    "请核对：{}，姓名赵敏",
    "实名认证：李雷|{}|通过",
    "ID card {} of the guarantor",
    "Applicant Zhang Wei, identity number {}, Beijing",
    "national id: {}",
    "KYC record {} matched",
    '{{"idno": "{}", "name": "Li"}}',
)
HONG_KONG_IDS = (
    "香港居民身份证{}",
    "持证人身份證號碼：{}",
    "HKID {} was copied at onboarding",
    "identity card no. {}",
    "客户（{}）为香港永久居民",
)
SSNS = (
    "SSN: {}",
    "Her social security number is {}.",
    "Social Security No. {} on form W-2",
    '"ssn": "{}"',
    "社会安全号码：{}",
)
COMPANY_CODES = (
    "统一社会信用代码：{}",
    "甲方（{}）与乙方签订本合同",
    "纳税人识别号{}",
    "该公司税号为{}，请开具专票",
    "USCC {} of the borrower",
    "Registered under {} in Shanghai",
    "credit code: {}",
)
CARDS = (
    "卡号{}",
    "请转到我的招行卡：{}，户名王芳",
    "刷卡{}成功",
    "信用卡（{}）已挂失",
    "工资卡{}，开户行建行",
    "绑定的银行卡为{}。",
    "我的卡{}被盗刷了",
    "储蓄卡号：{}，密码忘了",
    "My card {} was declined.",
    "card number: {}, exp 12/29",
    "Visa {} on file",
    "Charge {} for the balance",
    '{{"pan": "{}"}}',
    "He read out {} over the phone",
)
IBANS = (
    "IBAN {}",
    "Please remit to {} by Monday.",
    "beneficiary account {}, Deutsche Bank",
    "收款人IBAN：{}",
    "汇款至{}，备注货款",
    "境外账户{}已开立",
)
ACCOUNTS = (
    "账号：{}",
    "收款账户：{}，开户行：中国银行",
    "开户行：工商银行北京分行，帐号{}",
    "对公账号为{}",
    "户名：王小明 账号：{}",
    "银行账户号码：{}",
    "Account number: {}",
    "account no. {} at First National",
    "Wire to acct# {}",
    "a/c no: {}",
    "The account number is {}",
)
ADDRESSES = (
    ("家住江苏省南京市鼓楼区中山路12号3单元501室。", "江苏省南京市鼓楼区中山路12号3单元501室"),
    ("收货地址：广东省深圳市南山区科技园路8号2栋1203室", "广东省深圳市南山区科技园路8号2栋1203室"),
    ("我住在北京市海淀区中关村大街27号，离公司很近", "北京市海淀区中关村大街27号"),
    ("户籍地为四川省成都市武侯区人民南路四段9号", "四川省成都市武侯区人民南路四段9号"),
    ("现住上海市徐汇区漕溪北路88弄3号402室", "上海市徐汇区漕溪北路88弄3号402室"),
    ("快递寄到杭州市西湖区文三路阳光花园5幢2单元301室吧", "杭州市西湖区文三路阳光花园5幢2单元301室"),
    ("住址：湖北省武汉市洪山区珞喻路1037号12栋305", "湖北省武汉市洪山区珞喻路1037号12栋305"),
    ("王女士，居住于天津市和平区南京路189号2门301室", "天津市和平区南京路189号"),
    ("He lives at 12 Oak Street, Apt 4B, Boston, MA 02116.", "12 Oak Street, Apt 4B, Boston, MA 02116"),
    ("Ship to: 742 Evergreen Terrace, Springfield, IL 62704", "742 Evergreen Terrace, Springfield, IL 62704"),
    ("Home address 1600 Maple Avenue, Austin, Texas 78701", "1600 Maple Avenue, Austin, Texas 78701"),
    ("My flat is 221B Baker Street, London NW1 6XE", "221B Baker Street, London NW1 6XE"),
    ("She resides at 85 N. Main St., Unit 12, Denver, CO 80202", "85 N. Main St., Unit 12, Denver, CO 80202"),
    ("mailing address: 4 West 21st Street, New York, NY 10010", "4 West 21st Street, New York, NY 10010"),
)

UNEVEN = (
    (
        "您好，我是张伟，尾号8821的信用卡被刷了3000元，手机186 0011 2233，麻烦回电",
        (("phone", "186 0011 2233"),),
    ),
    ("加我v：13900001111，免费荐股", (("phone", "13900001111"),)),
    ("联系电话：0571 88881234", (("phone", "0571 88881234"),)),
    ("请联系 王经理 (021) 6888-1234 分机 801", (("phone", "(021) 6888-1234"),)),
    ("国际长途：0086-10-66554433", (("phone", "0086-10-66554433"),)),
    ("邮箱：zhang.san@163.com/li.si@163.com", (("email", "zhang.san@163.com"), ("email", "li.si@163.com"))),
    ("银行卡号6228 4804 0256 4890 018（农行）", (("card", "6228 4804 0256 4890 018"),)),
    ("汇款账号 1234 5678 9012 345", (("account", "1234 5678 9012 345"),)),
    ("2023-11-15 09:30:00 13900001111 登录成功", (("phone", "13900001111"),)),
    ("公司电话：86-755-26881234", (("phone", "86-755-26881234"),)),
    (
        "寄件地址：浙江省杭州市余杭区文一西路969号 收件人：马先生",
        (("address", "浙江省杭州市余杭区文一西路969号"),),
    ),
    ("WhatsApp +1-415-555-2671 or jdoe [at] gmail.com", (("phone", "+1-415-555-2671"),)),
    ("E-mail:wang_wu@vip.sina.com。", (("email", "wang_wu@vip.sina.com"),)),
    ("Account Number - 000123456789", (("account", "000123456789"),)),
    ("Routing 021000021 Account 123456789012", (("account", "123456789012"),)),
    ("phone_number: 4155552671", (("phone", "4155552671"),)),
    ("DOB 01/02/1980, SSN 219-09-9998", (("us-ssn", "219-09-9998"),)),
    (
        '{"mobile":"13900001111","card_no":"6228480402564890018"}',
        (("phone", "13900001111"), ("card", "6228480402564890018")),
    ),
    (
        "Mr. Smith, 1234 W. Elm St, Apt. 5, Phoenix, Arizona 85001",
        (("address", "1234 W. Elm St, Apt. 5, Phoenix, Arizona 85001"),),
    ),
    ("T+86 21 6888 1234", (("phone", "+86 21 6888 1234"),)),
    ("住在朝阳区望京西园三区310楼", (("address", "朝阳区望京西园三区310楼"),)),
)
"""Written after the detectors, as people write; one of them they miss."""

MISSES = """\
净利润1,234,567,890.12元，同比增长12.5%
公司总市值13812345678元，市盈率18倍
本次发行13812345678股，占总股本的8%
2023年末存款余额为15012345678元
期末基金份额总额13912345678.50份
当年新增用户13512345678人次
贵州茅台600519，宁德时代300750，腾讯控股00700
基金代码001234、110022与519674均已暂停申购
证券代码：688981，证券简称：中芯国际
2023-01-15至2024-12-31期间的利率为3.45%
报告期：20230101-20231231
时间戳1700000000000对应2023年11月15日
交易时间：20231115093000123
订单号：6222021234567890128已发货
订单编号13812345678已取消
物流单号：15912345678901
快递单号73112345678901，请注意查收
流水号2023111512345678901234
发票号码：04512345，发票代码：011002200111
合同编号：HT-2023-110105-0012
根据《公司法》第一百四十七条第二款
《证券法》（2019年修订）第八十五条
（2021）京0105民初12345号民事判决书
银保监发〔2022〕13号文件
书号ISBN 978-7-5086-1234-5
ISBN：9787508612345
国债代码019547，票面利率4.12%
债券代码：112345678，发行规模10亿元
存单编号1234567890，期限三年
沪深300指数收于3812.45点，成交量138123456手
汇率7.1234，美元指数103.456789
公式：0.13812345678×100=13.812345678
小数0.11800000000000001与4.000000000000000415
身份证号110105********1234已脱敏
手机号138****5678，已脱敏
卡号尾号5678的储蓄卡
请拨打客服热线95588或95533
全国统一客服热线400-820-8888
如需帮助请拨打800-810-8888
报警电话110，急救120
咨询邮箱service@bank.com.cn
请发邮件至info@example.com
noreply@icbc.com.cn为系统邮箱，请勿回复
@招商银行 官方微博
身份证号码共18位，最后一位可能是X
邮箱格式应为“用户名@域名”
账号和密码不得告知他人
账户余额1234567.89元
银行账户数量达到136亿户
账户管理费每月10元，账号注销免费
本行网点位于各区县主要路段
朝阳区的房价高于海淀区
沿中山路向东走500米
道路交通事故共12345678起
第12号台风将于20230803登陆
第3单元 财务报表分析 第501页
三号楼盘销售额1.2亿元
地铁10号线与5号线换乘
一条路走到底，2号方案更优
中国银行股份有限公司北京市分行
市值排名第1005位，PE(TTM)为12.34567890
股票账户开户数突破2亿
基金经理电话会议纪要 202311151000
A. 5125267130 B. 3303571429 C. 19687107296 D. 12657337115
合同金额为人民币18600112233.00元
客户编号18600112233
单价 0.0018600112233
信用证号码LC1234567890123456
深圳市南山区人民法院(2021)粤0305民初1234号
上海市浦东新区人民政府2023年第12号文件
人民币汇率中间价报7.0827元
甲公司2015年年末的权益乘数是1.1499999999999999
保单号：059012170000000918
专利号ZL201810123456.7
车牌号京A12345
QQ群：893716015
组织机构代码71092435-3
设备IMEI：860123456789012
坐标：116.397128,39.916527
版本号 1.3.9.12345678
增值税专用发票10112345678张
GDP为1210207亿元，人口141178万人
电话会议将于20231115举行
电话费支出13812345678元
微信支付交易笔数15987654321笔
Revenue grew to $13,812,345,678 in 2023
Market cap of 13812345678.50 dollars
4111111111111111 USD in notional
Net income: 4,532,015,112 thousand
Total assets were 415 555 2671 thousand? No: 4155552671 thousand
Shares outstanding: 2125551234
AAPL 189.95, BRK.B 355.10, 0700.HK 310.2
CUSIP 037833100, ISIN US0378331005
SEC file number 001-36743
10-K for 2021-2022-2023
Form 1099-INT and 401(k), section 12(b)
Order number 4111111111111129 has shipped
order #13812345678 was cancelled
Invoice no. 5500000000000004
Tracking number 9400111899223100001234
Ticket 078-05-1120 was closed
Part no. 123-45-6780
ISBN 0-306-40615-2
ISBN-13: 978-3-16-148410-0
ISSN 2049-3630
doi 10.1234/56789012345
timestamp 1700000000123
2023-11-15T09:30:00.123456Z
unix time 1700000000 and 1700003600
pi is 3.14159265358979323846
e = 2.718281828459045
$513^2 - 487^2 = (513+487)(513-487)$
6000-600-150-1200-2000=2050
400-120-200=80 students
IP 192.168.100.200, port 8080
https://example.org/p/13812345678.html
https://weibo.cn/7246152969/4398757929721409
uuid 65264b50-696b-4a33-ab5b-16210448870f
commit 13812345678abcdef0123456789
0000000000000000 0 NOTYPE LOCAL
@property and @staticmethod decorators
user@ is incomplete, so is @host.com
git@github.com:org/repo.git
logo@2x.png
support@vendor.com handles refunds
write to jane@example.com or x@company.test
noreply@bank.com
Call 1-800-275-2273 toll free
Dial 911 in an emergency, 411 for information
(2021) 555 shares and (2022) 1234 options
Table: 2019 2018 2017 1234 5678 9012
1234 5678 9012 3456 is not a card
card ending in 1111
Visa and Mastercard fees rose 4.5%
the account was opened in 2019
account balance 1234567.89
account 4000-1000 in the general ledger
Account closed after 20231115
bank accounts: 12,345,678
SSN is required on form W-9
the SSN field has 9 digits (XXX-XX-XXXX)
Section 123-45, page 6789
GB 11643-1999 and ISO 7064
NCT01234567 enrolled 1380 patients
Model A123456 Rev. 7
5 Year Treasury yield on Wall Street
20 Main Street banks failed
In 2008 Lehman Brothers left Wall Street
3 Way Match of invoices
100 Percent Owned Drive business
The Court of Appeals, 3d Circuit, 1999
Interest Coverage 1200 Basis Points
0x13812345678 and #138123
1 800 flowers reported 12345678 orders
EBITDA 1234567890 margin 12.34 % vs 11.02 %""".splitlines()
"""Finance, law, code and public contacts: nothing of a person in them."""

MIXED = (
    "王芳，{mobile}，{email}，身份证{resident-id}",
    "姓名,手机,邮箱,卡号\n李雷,{mobile},{email},{card}",
    "{mobile}/{email}",
    "身份证{resident-id}手机{mobile}卡号{card}",
    "Jane <{email}>, phone {american}, card {card}",
    "KYC: id={resident-id}; mail={email}; pan={card}",
)
"""Several in one line, with no more than a sign between them."""
DRAWS = {
    "mobile": n.mobile,
    "email": n.email,
    "resident-id": n.resident_id,
    "card": n.card,
    "american": n.american_phone,
}
KINDS = {"mobile": "phone", "american": "phone"}


def _mixed(rng: random.Random, template: str) -> Line:
    drawn = {name: draw(rng) for name, draw in DRAWS.items() if f"{{{name}}}" in template}
    text = template
    for name, value in drawn.items():
        text = text.replace(f"{{{name}}}", value)
    return Line(text, tuple((KINDS.get(name, name), value) for name, value in drawn.items()))


def labelled(seed: int = 2026) -> list[Line]:
    """All lines; the same seed gives the same ones."""
    rng = random.Random(seed)
    return [
        *_filled(rng, EMAILS, "email", n.email),
        *_filled(rng, MOBILES, "phone", n.mobile, n.spaced_mobile, n.abroad_mobile),
        *_filled(rng, LANDLINES, "phone", n.landline),
        *_filled(rng, FOREIGN_PHONES, "phone", n.american_phone, n.british_phone),
        *_filled(rng, RESIDENT_IDS, "resident-id", n.resident_id, n.resident_id),
        *_filled(rng, HONG_KONG_IDS, "hong-kong-id", n.hong_kong_id, n.hong_kong_id),
        *_filled(rng, SSNS, "us-ssn", n.ssn, n.ssn),
        *_filled(rng, COMPANY_CODES, "company-code", n.company_code),
        *_filled(rng, CARDS, "card", n.card, n.grouped_card),
        *_filled(rng, IBANS, "iban", n.iban, n.iban),
        *_filled(rng, ACCOUNTS, "account", n.account),
        *(Line(text, (("address", words),)) for text, words in ADDRESSES),
        *(_mixed(rng, template) for template in MIXED),
        *(Line(text, marks) for text, marks in UNEVEN),
        *map(Line, MISSES),
        *(
            Line(t.format(n.wrong_resident_id(rng)))
            for t in ("身份证号{}", "id {} fails", "证件：{}。", "{}")
            for _ in "ab"
        ),
        *(
            Line(t.format(n.wrong_card(rng)))
            for t in ("刷了{}", "pay with {} now", "{}", "金额{}")
            for _ in "ab"
        ),
    ]


def _filled(rng: random.Random, templates: tuple[str, ...], kind: str, *draws: n.Draw) -> list[Line]:
    """One line of every template and way to draw a value."""
    values = [(template, draw(rng)) for template in templates for draw in draws]
    return [Line(template.format(value), ((kind, value),)) for template, value in values]
