package scenario
import ("testing";"fmt")
func TestTry(t *testing.T){
 s,err:=Parse("dir/nightly.yaml",[]byte(`
name: nightly
authorized: "J. Doe, change 4711"
labels: {build: "4711"}
targets:
  - endpoint: octane
    url: https://octane.example.test:8443
    weight: 2
    settings: {workspace: "1002"}
    accounts: {generate: 'user{n}:pw{n}:100000'}
  - endpoint: space
    url: https://space.example.test/base/
    accounts: {generate: 'u{n}:${env:PW}:10'}
    proxy: http://me:secret@proxy:3128
load: {use: steady, think: {mean: 3s}}
thresholds:
  - p99(login.response) < 500ms
  - {expr: 'rate(fail) < 1%', over: 10s, stop: true, after: 5s}
`))
 if err!=nil {t.Fatal(err)}
 s.World.Env=func(n string)(string,bool){return "sekrit",true}
 fmt.Println(string(s.Effective()))
 p,err:=s.Plan()
 fmt.Println(err)
 if p!=nil {fmt.Printf("%+v\n",p)}
}
