"""How advertisements call to act, and how everybody else speaks of them; for RE2 and for Python's `re` alike."""

from __future__ import annotations

import re

_MESSENGER = r"(?:微信|威信|薇信|卫星号|v ?信|vx|wx|扣扣|企鹅|qq|电报|飞机|telegram)"
HANDLES = (
    rf"{_MESSENGER}(?:号|群)?[\s:：是为【\[(（]{{0,3}}[A-Za-z0-9][A-Za-z0-9_-]{{4,}}",
    r"(?:电话|热线|手机号?|致电|拨打|来电|联系人?)[\s:：]{0,3}[^\n。]{0,8}\d[\d-]{6,}",
    rf"{_MESSENGER}[^\n。]{{0,6}}@[A-Za-z0-9_]{{4,}}|t\.me/\w",
    r"(?:whats ?app|telegram|wechat|signal|text|call|contact)\b[^\n.]{0,12}[+@]?\d[\d ()-]{7,}",
    r"(?:telegram|wechat|whats ?app)[:\s]{1,3}@\w{4,}",
)
"""A number or a name to turn to."""

CALLS = (
    rf"(?:加|＋|\+|添加|联系|咨询|私) ?(?:我的?|老师的?|客服的?|助理的?|管理的?)? ?(?:个人)?{_MESSENGER}",
    r"扫码(?:进群|入群|添加|加|领|咨询|注册|下载)|扫(?:描)?(?:下方|上方|图中)?二维码",
    r"(?:拉你|免费|速|快|欢迎)?(?:进群|入群)(?:领|学|交流|体验|咨询|跟|就|即)",
    r"私聊|私信(?:我|了解|领取|咨询)",
    r"点击(?:下方|以下|上方|此处|这里)?的?(?:链接|按钮|注册|领取|加入|下载)",
    r"(?:立即|马上|赶快|赶紧|现在|即刻)就?(?:注册|申请|加入|开户|下载|咨询|联系|充值|投注|领取|参与|行动|下单|抢购|扫码)",
    r"注册(?:即|就|立)?(?:送|领|赠)|名额有限|先到先得|诚招|招收?代理|有意者|需要的?请?(?:联系|私聊|加)",
    r"欢迎(?:来电|咨询|致电|加)|详情请?(?:咨询|加|联系|私)|联系(?:我们|我|客服|老师)|长期有效|诚信(?:合作|经营|商家)|非诚勿扰",
    r"\b(?:contact|text|call|email|message|dm|whatsapp|inbox|reach) (?:me|us|now|today|our|the admin)\b",
    r"\bwhats ?app\b|\btelegram\b|\bwechat\b|\blink in (?:my )?bio\b|\bdm for\b",
    r"\b(?:join|sign up|register|apply|enrol+|invest|click|order|buy|bet|play|start|claim|deposit)"
    r" (?:now|today|here|below|our|with us|the link)\b",
    r"\blimited (?:spots|slots|seats|offer|time)\b",
)
"""A call to act."""

WARNINGS = (
    "骗|传销|欺诈|上当|受害|陷阱|圈套|警惕|谨防|防范|提防|切勿|切忌|请勿|远离|拒绝参与|辨别|识别",
    "违法|违规|非法|犯罪|涉嫌|不法|合规|不合法|监管|处罚|罚款|判处|刑法|立案",
    "税务局|办税|纳税人|税务机关|反洗钱|应当|履行|年金|保险合同|大额存单|国债|储蓄存款|公安|警方|民警|警察|反诈|举报|揭秘|揭破|曝光|虚假",
    "禁止|不得|严禁|打击|规定|条例|法律|存款保险|风险提示|不构成|以下(?:哪|属于|行为)|下列|不要(?:相信|轻信|参与)",
    "是否(?:合法|合规|违反|安全|可靠|可信|属于|构成)|(?:合法|合规|靠谱|可信|是真的|能信|可靠|安全|真的)吗|真的(?:能|可以)",
    "(?:怎么|如何)(?:识别|辨别|防|看待|应对)|怎么办",
    r"\b(?:scam|fraud|beware\b|illegal|unlawful|ponzi|complian|regulator|prosecut|convict|victim|prohibit|mislead)",
    r"\b(?:annuit|investment contract|certificates? of deposit|FDIC\b)",
    r"\b(?:arrest|crime|criminal)|\bshould i trust",
    r"\bred flag|\bcharged with|\btoo good to be true|\bavoid\b|\bfalse promise|\blaw enforcement|\bpolice\b",
    r"\bis (?:it|this|that|such [a-z ]{1,30}) (?:legal|allowed|permitted|true|legit|real|safe)",
    r"\bnever (?:trust|send|pay)|\b(?:the SEC|FTC|FCA|FINRA)\b",
)
"""Words of those who warn, judge, forbid, or ask whether to believe."""

_DENIALS = (
    "(?:不是|并非|绝非|绝不是|绝无|没有|无|非|拒绝|杜绝|告别|不)(?:任何)?(?:骗局|骗子|套路|诈骗|陷阱|欺诈|违规|虚假)",
    r"\b(?:not an?|no|isn['’]t a) (?:scams?|fraud|ponzi)",
)

HANDLE_OR_CALL = f"(?i){'|'.join((*HANDLES, *CALLS))}"
"""For RE2, which says in linear time whether a turn holds any of them."""

HANDLE, CALL, WARNING, DENIAL = (
    re.compile("|".join(p), re.IGNORECASE) for p in (HANDLES, (*HANDLES, *CALLS), WARNINGS, _DENIALS)
)
